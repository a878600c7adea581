"""A line of source for display: escaped, tabs expanded, clipped around the marks.

Columns are counted in terminal cells, so that a mark lies below its text even after tabs, escapes
and wide characters.
"""

from __future__ import annotations

from typing import final

from netlang.diagnostics.texts import escaped
from netlang.records import Record
from netlang.source import Span

__all__ = ["WIDTH", "Mark", "window"]

WIDTH = 100
"""Cells of a source line that are shown."""

_TAB = 4
_ELLIPSIS = "..."


@final
class Mark(Record):
    """A part to underline; of a span over several lines, its part of the first line."""

    line: int
    column: int
    length: int
    text: str
    primary: bool

    @staticmethod
    def of(span: Span, text: str, primary: bool) -> Mark:
        where = span.location
        rest = len(span.source.line(where.line)) - where.column + 1
        return Mark(where.line, where.column, min(span.end - span.start, rest), text, primary)


def _cells(char: str, column: int) -> tuple[str, int]:
    """The text shown for a character in cell `column`, and its number of cells."""
    if char.isascii() and char.isprintable():
        return char, 1
    if char == "\t":
        width = _TAB - column % _TAB
        return " " * width, width
    if not char.isprintable():
        return escaped(char), len(escaped(char))
    from unicodedata import combining, east_asian_width

    if combining(char):
        return char, 0
    return char, 2 if east_asian_width(char) in "WF" else 1


def window(line: str, marks: list[Mark]) -> tuple[str, list[tuple[int, int]]]:
    """The line as shown, and for each mark its first cell and its length in cells.

    Text far from the marks is cut off unread, since a line may have megabytes.
    """
    first, last = _window_of(line, marks)
    before, after = _ELLIPSIS if first else "", _ELLIPSIS if last < len(line) else ""
    shown, starts = [], []
    cell = len(before)
    for char in line[first:last]:
        text, width = _cells(char, cell)
        shown.append(text)
        starts.append(cell)
        cell += width
    starts.append(cell)
    places = []
    for mark in marks:
        start = _at(starts, mark.column - 1 - first)
        end = _at(starts, mark.column - 1 + mark.length - first)
        places.append((start, max(1, end - start)))
    return before + "".join(shown) + after, places


def _at(starts: list[int], index: int) -> int:
    return starts[min(max(index, 0), len(starts) - 1)]


def _window_of(line: str, marks: list[Mark]) -> tuple[int, int]:
    """The first and last character to show: the whole line, or `WIDTH` around the main mark."""
    if len(line) <= WIDTH:
        return 0, len(line)
    main = next((mark for mark in marks if mark.primary), marks[0])
    centre = main.column - 1 + min(main.length, WIDTH // 2) // 2
    first = max(0, min(centre - WIDTH // 2, len(line) - WIDTH))
    return first, first + WIDTH
