"""A stack as an HTML-like table: one row per step, with its label, caption, count and shape."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.graphviz.markup import TIMES, bold, coloured, element, html
from netlang.backends.graphviz.palette import AUXILIARY, LINE, MUTED, NOTE, SMALL
from netlang.backends.graphviz.sheets.elements import Bracket, Stack, StackRow
from netlang.records import Record

__all__ = ["table"]


class _Columns(Record):
    """The columns that a table has besides the captions."""

    labels: bool
    counts: bool
    shapes: bool

    @property
    def number(self) -> int:
        return 1 + self.labels + self.counts + self.shapes


def table(stack: Stack) -> str:
    """The markup of one box."""
    rows = [row for item in stack.rows for row in _rows_of(item)]
    columns = _Columns(
        any(row.label for row in rows),
        any(isinstance(item, Bracket) or item.times > 1 for item in stack.rows),
        any(row.shape for row in rows),
    )
    lines = []
    if stack.title:
        lines.append(element("TR", element("TD", bold(stack.title), COLSPAN=columns.number)))
    for item in stack.rows:
        lines += _lines(item, columns)
    if stack.ports:
        lines.append(_ports(stack.ports, columns.number))
    look: dict[str, str | int] = {"BORDER": 1, "COLOR": AUXILIARY if stack.auxiliary else LINE}
    if stack.auxiliary:
        look["STYLE"] = "DASHED"
    return _plain_table("".join(lines), **look)


def _plain_table(content: str, **look: str | int) -> str:
    return element(
        "TABLE", content, CELLBORDER=0, CELLSPACING=1, CELLPADDING=2, BGCOLOR="white", **look
    )


def _rows_of(item: StackRow | Bracket) -> tuple[StackRow, ...]:
    return item.rows if isinstance(item, Bracket) else (item,)


def _lines(item: StackRow | Bracket, columns: _Columns) -> Iterator[str]:
    rows = _rows_of(item)
    beside = columns.labels or columns.shapes
    for index, row in enumerate(rows):
        cells = []
        if columns.labels:
            cells.append(_small(row.label, "LEFT"))
        align = "LEFT" if beside else "CENTER"
        cells.append(element("TD", html(_caption(row, item)), ALIGN=align, BGCOLOR=row.fill))
        if columns.counts and index == 0:
            cells.append(_count(item.times, len(rows)))
        if columns.shapes:
            cells.append(_small(row.shape, "RIGHT"))
        yield element("TR", "".join(cells))


def _caption(row: StackRow, item: StackRow | Bracket) -> str:
    """The caption. Within a bracket, it includes the row's own count."""
    own = isinstance(item, Bracket) and row.times > 1
    return f"{row.caption} {TIMES} {row.times}" if own else row.caption


def _small(text: str, align: str) -> str:
    return element("TD", coloured(text, MUTED, SMALL) if text else "", ALIGN=align)


def _count(times: int, rows: int) -> str:
    text = coloured(f"{TIMES} {times}", NOTE) if times > 1 else ""
    return element("TD", f"<B>{text}</B>" if text else "", ALIGN="LEFT", ROWSPAN=rows)


def _ports(names: tuple[str, ...], columns: int) -> str:
    cells = "".join(
        element("TD", html(name), PORT=f"o{index}", BGCOLOR="#f1f2f4")
        for index, name in enumerate(names)
    )
    inner = _plain_table(element("TR", cells), BORDER=0)
    return element("TR", element("TD", inner, COLSPAN=columns, CELLPADDING=0))
