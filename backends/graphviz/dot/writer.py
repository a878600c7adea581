"""Writes sheets as DOT text.

Each sheet is a cluster. Invisible edges join the sheets of one column, so that Graphviz packs the
columns side by side. Every visible text is an HTML-like label made by `markup`, and every name is
quoted there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from netlang.backends.graphviz.dot.layout import Nested, long_links, nested_skips
from netlang.backends.graphviz.dot.tables import table
from netlang.backends.graphviz.markup import bold, coloured, element, html, quoted
from netlang.backends.graphviz.palette import AUXILIARY, FONT, FRAME, INK, LINE, MUTED, SMALL
from netlang.backends.graphviz.sheets.elements import (
    Element,
    Frame,
    Junction,
    Link,
    Pill,
    Sheet,
    Stack,
)

__all__ = ["write_dot"]

# Where a shortcut passes through its frame: a piece of its line. Graphviz leaves a point free
# before a port, so the port is the middle of the piece.
_PIECE = "".join(
    element("TR", element("TD", "", WIDTH=1, HEIGHT=height, FIXEDSIZE="TRUE", PORT=port))
    for port, height in (("above", 3), ("middle", 1), ("below", 3))
)
_POINT = element(
    "TABLE", _PIECE, BORDER=0, CELLBORDER=0, CELLSPACING=0, CELLPADDING=0, BGCOLOR=LINE
)


def write_dot(name: str, columns: Sequence[Sequence[Sheet]]) -> str:
    """One digraph. The sheets of a column stand one below the other."""
    lines = [f"digraph {quoted(name)} {{", *_defaults(len(columns))]
    for column in columns:
        for sheet in column:
            lines += _Writer(sheet).lines()
        for upper, lower in pairwise(column):
            lines.append(_hang(upper, lower))
    return "\n".join([*lines, "}", ""])


def _defaults(columns: int) -> Iterator[str]:
    yield f"  graph [rankdir=TB, nodesep=0.3, ranksep=0.3, pad=0.15, bgcolor=white, {_font(11)},"
    yield f'    pack=22, packmode="array_it{columns}"];'
    yield f"  node [shape=plain, margin=0, {_font(11)}];"
    yield f'  edge [color="{LINE}", penwidth=0.9, arrowsize=0.6, {_font(SMALL)}];'


def _font(size: int) -> str:
    return f'fontname="{FONT}", fontsize={size}, fontcolor="{INK}"'


def _hang(upper: Sheet, lower: Sheet) -> str:
    last, first = upper.nodes()[-1], lower.nodes()[0]
    return f"  {quoted(last.id)} -> {quoted(first.id)} [style=invis];"


class _Writer:
    """Writes one sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._nested = nested_skips(sheet)
        self._bends = {} if self._nested else _bends(long_links(sheet))
        self._bends_to: dict[str, list[str]] = {}
        for link, bend in self._bends.items():
            self._bends_to.setdefault(link.head, []).append(bend)

    def lines(self) -> Iterator[str]:
        """The sheet as a cluster, and its edges."""
        yield from self._frame(self._sheet.root, 1)
        for link in self._sheet.links:
            yield from self._link(link)

    def _frame(self, frame: Frame, indent: int) -> Iterator[str]:
        margin = "  " * indent
        yield f"{margin}subgraph {quoted(frame.id)} {{"
        yield f"{margin}  graph [{_frame_look(frame, frame is self._sheet.root)}];"
        for item in frame.elements:
            yield from self._element(item, indent + 1)
        if frame is self._sheet.root and self._nested:
            for name in sorted(self._nested.climbing):
                yield f"{margin}  {quoted(name)} [group=climbing];"
            for name, _ in self._nested.levels:
                yield f"{margin}  {quoted(name)} [group=descending];"
        for left, right in self._level(frame):
            yield f"{margin}  {{ rank=same; {quoted(left)}; {quoted(right)}; }}"
        yield f"{margin}}}"

    def _level(self, frame: Frame) -> Iterator[tuple[str, str]]:
        """Pairs of nodes that stand side by side."""
        if frame is self._sheet.root and self._nested:
            yield from self._nested.levels
        for item in frame.elements:
            if isinstance(item, Stack) and item.beside:
                yield item.beside, item.id

    def _element(self, item: Element, indent: int) -> Iterator[str]:
        margin = "  " * indent
        if isinstance(item, Frame):
            yield from self._frame(item, indent)
            return
        yield margin + _node(item)
        for bend in self._bends_to.get(item.id, ()):
            yield f"{margin}{quoted(bend)} [label=<{_POINT}>];"

    def _link(self, link: Link) -> Iterator[str]:
        tail = quoted(link.tail.id) + (f":{quoted(link.tail.port)}" if link.tail.port else "")
        head = quoted(link.head)
        look = [f'color="{AUXILIARY}"', "style=dashed"] if link.auxiliary else ["weight=5"]
        bend = self._bends.get(link)
        if bend is not None:
            # The point keeps a long edge inside its frame.
            point = quoted(bend)
            yield _edge(tail, f"{point}:middle:n", ["weight=0", "arrowhead=none"])
            yield _edge(f"{point}:middle:s", head, ["weight=0"])
        elif self._nested and _climbs(link, self._nested):
            yield _edge(head, tail, [*look, "dir=back"])
        else:
            yield _edge(tail, head, look)


def _bends(links: Sequence[Link]) -> dict[Link, str]:
    return {link: f"bend {number}: {link.head}" for number, link in enumerate(links)}


def _climbs(link: Link, nested: Nested) -> bool:
    return link.head in nested.climbing and (link.tail.id, link.head) not in nested.levels


def _edge(tail: str, head: str, look: Sequence[str]) -> str:
    return f"  {tail} -> {head} [{', '.join(look)}];"


def _frame_look(frame: Frame, root: bool) -> str:
    note = f" {coloured(frame.note, MUTED, SMALL)}" if frame.note else ""
    if root and not frame.note:  # the net itself: a heading and no border
        return f"label=<{bold(frame.title)}>, fontsize=14, peripheries=0, margin=4"
    style = "rounded,dashed" if frame.auxiliary else "rounded"
    color = AUXILIARY if frame.auxiliary else FRAME
    look = f'style="{style}", color="{color}", margin=10'
    return f"label=<{bold(frame.title)}{note}>, labeljust=l, fontsize=11, peripheries=1, {look}"


def _node(item: Stack | Junction | Pill) -> str:
    if isinstance(item, Stack):
        return f"{quoted(item.id)} [label=<{table(item)}>];"
    return _circle(item) if isinstance(item, Junction) else _pill(item)


def _circle(item: Junction) -> str:
    width = 0.26 if len(item.symbol) == 1 else 0.42
    color = AUXILIARY if item.auxiliary else LINE
    return (
        f"{quoted(item.id)} [shape=circle, fixedsize=true, width={width}, "
        f'style=filled, fillcolor=white, color="{color}", label=<{html(item.symbol)}>];'
    )


def _pill(item: Pill) -> str:
    shape = f" {coloured(item.shape, MUTED, SMALL)}" if item.shape else ""
    style = "rounded,filled,dashed" if item.auxiliary else "rounded,filled"
    color = AUXILIARY if item.auxiliary else LINE
    fill = "#ffffff" if item.output else "#f1f2f4"
    return (
        f'{quoted(item.id)} [shape=box, style="{style}", height=0.24, margin="0.11,0.03", '
        f'color="{color}", fillcolor="{fill}", label=<{html(item.name)}{shape}>];'
    )
