"""Writes sheets as DOT text.

Sheets that share a column hang together by an invisible edge, so that Graphviz packs columns side by
side. Everything shown is an HTML-like label made by `markup`; every name is quoted there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang.backends.graphviz.elements import (
    Bracket, Element, Frame, Junction, Link, Pill, Row, Sheet, Stack,
)  # fmt: skip
from netlang.backends.graphviz.layout import Nested, nested_skips
from netlang.backends.graphviz.markup import bold, coloured, element, html, quoted
from netlang.backends.graphviz.palette import AUXILIARY, FONT, FRAME, INK, LINE, MUTED, NOTE

__all__ = ["write_dot"]

_SMALL = 9


def write_dot(name: str, columns: Sequence[Sequence[Sheet]]) -> str:
    """One digraph; the sheets of a column stand below each other."""
    lines = [f"digraph {quoted(name)} {{", *_defaults(len(columns))]
    for column in columns:
        for sheet in column:
            lines += _sheet(sheet)
        for upper, lower in zip(column, column[1:], strict=False):
            lines.append(_hang(upper, lower))
    return "\n".join([*lines, "}", ""])


def _defaults(columns: int) -> Iterator[str]:
    yield f'  graph [rankdir=TB, nodesep=0.3, ranksep=0.3, pad=0.15, bgcolor=white, {_font(11)},'
    yield f'    pack=22, packmode="array_it{columns}"];'
    yield f'  node [shape=plain, margin=0, {_font(11)}];'
    yield f'  edge [color="{LINE}", penwidth=0.9, arrowsize=0.6, {_font(9)}];'


def _font(size: int) -> str:
    return f'fontname="{FONT}", fontsize={size}, fontcolor="{INK}"'


def _sheet(sheet: Sheet) -> Iterator[str]:
    nested = nested_skips(sheet)
    if sheet.root.title:
        yield from _frame(sheet.root, 1)
    else:
        for item in sheet.root.elements:
            yield from _element(item, 1)
    for link in sheet.links:
        yield "  " + _link(link, nested)
    for left, right in nested.levels if nested else ():
        yield f"  {{ rank=same; {quoted(left)}; {quoted(right)}; }}"


def _element(item: Element, indent: int) -> Iterator[str]:
    if isinstance(item, Frame):
        yield from _frame(item, indent)
    else:
        yield "  " * indent + _node(item)


def _frame(frame: Frame, indent: int) -> Iterator[str]:
    margin = "  " * indent
    style = "rounded,dashed" if frame.auxiliary else "rounded"
    color = AUXILIARY if frame.auxiliary else FRAME
    note = f" {coloured(frame.note, MUTED, _SMALL)}" if frame.note else ""
    yield f"{margin}subgraph {quoted(frame.id)} {{"
    yield (
        f'{margin}  graph [label=<{bold(frame.title)}{note}>, labeljust=l, style="{style}", '
        f'color="{color}", margin=10];'
    )
    for item in frame.elements:
        yield from _element(item, indent + 1)
    yield f"{margin}}}"


def _node(item: Stack | Junction | Pill) -> str:
    if isinstance(item, Stack):
        return f"{quoted(item.id)} [label=<{_table(item)}>];"
    if isinstance(item, Junction):
        return _circle(item)
    return _pill(item)


def _circle(item: Junction) -> str:
    label = f", xlabel=<{coloured(item.label, MUTED, _SMALL)}>" if item.label else ""
    width = 0.26 if len(item.symbol) == 1 else 0.42
    color = AUXILIARY if item.auxiliary else LINE
    return (
        f"{quoted(item.id)} [shape=circle, fixedsize=true, width={width}, "
        f'style=filled, fillcolor=white, color="{color}", label=<{html(item.symbol)}>{label}];'
    )


def _pill(item: Pill) -> str:
    shape = f" {coloured(item.shape, MUTED, _SMALL)}" if item.shape else ""
    style = "rounded,filled,dashed" if item.auxiliary else "rounded,filled"
    color = AUXILIARY if item.auxiliary else LINE
    fill = "#ffffff" if item.output else "#f1f2f4"
    return (
        f'{quoted(item.id)} [shape=box, style="{style}", height=0.24, margin="0.11,0.03", '
        f'color="{color}", fillcolor="{fill}", label=<{html(item.name)}{shape}>];'
    )


def _link(link: Link, nested: Nested | None) -> str:
    tail = quoted(link.tail.id) + (f":{quoted(link.tail.port)}" if link.tail.port else "")
    head = quoted(link.head)
    look = [f'color="{AUXILIARY}"', "style=dashed"] if link.auxiliary else []
    if nested and link.head in nested.climbing and (link.tail.id, link.head) not in nested.levels:
        tail, head = head, tail
        look.append("dir=back")
    return f"{tail} -> {head}" + (f" [{', '.join(look)}];" if look else ";")


def _table(stack: Stack) -> str:
    rows = [row for item in stack.rows for row in _rows_of(item)]
    labels = any(row.label for row in rows)
    shapes = any(row.shape for row in rows)
    counts = any(isinstance(item, Bracket) or item.times > 1 for item in stack.rows)
    columns = 1 + labels + shapes + counts
    lines = []
    if stack.title:
        lines.append(element("TR", element("TD", bold(stack.title), COLSPAN=columns)))
    for item in stack.rows:
        lines += _lines(item, labels, shapes, counts)
    if stack.ports:
        lines.append(_ports(stack.ports, columns))
    look: dict[str, str | int] = {
        "BORDER": 1, "CELLBORDER": 0, "CELLSPACING": 1, "CELLPADDING": 2, "BGCOLOR": "white",
        "COLOR": AUXILIARY if stack.auxiliary else LINE,
    }  # fmt: skip
    if stack.auxiliary:
        look["STYLE"] = "DASHED"
    return element("TABLE", "".join(lines), **look)


def _rows_of(item: Row | Bracket) -> tuple[Row, ...]:
    return item.rows if isinstance(item, Bracket) else (item,)


def _lines(item: Row | Bracket, labels: bool, shapes: bool, counts: bool) -> Iterator[str]:
    rows = _rows_of(item)
    for index, row in enumerate(rows):
        cells = []
        if labels:
            cells.append(_cell(coloured(row.label, MUTED, _SMALL) if row.label else "", "LEFT"))
        cells.append(_cell(html(row.caption), "LEFT" if labels or shapes else "CENTER", row.fill))
        if counts and index == 0:
            cells.append(_count(item.times, len(rows)))
        if shapes:
            cells.append(_cell(coloured(row.shape, MUTED, _SMALL) if row.shape else "", "RIGHT"))
        yield element("TR", "".join(cells))


def _count(times: int, rows: int) -> str:
    text = f'<FONT COLOR="{NOTE}">{bold(f"× {times}")}</FONT>' if times > 1 else ""
    return element("TD", text, ALIGN="LEFT", ROWSPAN=rows)


def _cell(content: str, align: str, fill: str = "") -> str:
    if fill:
        return element("TD", content, ALIGN=align, BGCOLOR=fill)
    return element("TD", content, ALIGN=align)


def _ports(names: tuple[str, ...], columns: int) -> str:
    cells = "".join(
        element("TD", html(name), PORT=f"o{index}", BGCOLOR="#f1f2f4")
        for index, name in enumerate(names)
    )
    inner = element(
        "TABLE", element("TR", cells), BORDER=0, CELLBORDER=0, CELLSPACING=1, CELLPADDING=2
    )
    return element("TR", element("TD", inner, COLSPAN=columns, CELLPADDING=0))


def _hang(upper: Sheet, lower: Sheet) -> str:
    last, first = upper.nodes()[-1], lower.nodes()[0]
    return f"  {quoted(last.id)} -> {quoted(first.id)} [style=invis];"
