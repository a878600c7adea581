"""Source text and the spans that point into it.

A `Span` always lies inside its source, so every later stage can show the user's own line without
asking where it came from.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from netlang.records import Record

__all__ = ["MOST_ADVISED", "Location", "Source", "Span", "shortened", "shown"]

MOST_ADVISED = 100
"""Places of one text for which suggestions are searched."""


class Location(Record):
    """A place in a text as editors count it: line and column from 1."""

    line: int
    column: int


class Source(Record, eq=False, dict=True):
    """A text and the name by which the user knows it (a path as given, or `<string>`)."""

    name: str
    text: str

    def __repr__(self) -> str:
        return f"Source(name={self.name!r})"

    @cached_property
    def _advised(self) -> set[int]:
        return set()

    @cached_property
    def _line_starts(self) -> list[int]:
        lengths = (len(line) + 1 for line in self.text.split("\n"))
        return [0, *accumulate(lengths)][:-1]

    def advisable(self, place: int) -> bool:
        """Whether to search for a suggestion at a place.

        This is limited to as many places of a text as errors are shown, always the same ones, since
        a search visits the whole text or all of its names.
        """
        if place not in self._advised:
            if len(self._advised) >= MOST_ADVISED:
                return False
            self._advised.add(place)
        return True

    def location(self, offset: int) -> Location:
        """The line and column of the character at `offset`."""
        line = bisect_right(self._line_starts, offset)
        return Location(line, offset - self._line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its line break."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")

    def line_start(self, number: int) -> int:
        """The offset of the first character of line `number` (from 1)."""
        return self._line_starts[number - 1]


class Span(Record, gc=False):
    """The characters `start` to `end` (exclusive) of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def location(self) -> Location:
        return self.source.location(self.start)

    @property
    def advisable(self) -> bool:
        """Whether to search for a suggestion here."""
        return self.source.advisable(self.start)

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`."""
        return Span(self.source, self.start, other.end)

    def __str__(self) -> str:
        where = self.location
        return f"{self.source.name}:{where.line}:{where.column}"


def shown(span: Span) -> str:
    """The text of a step in a message: on one line, of at most 40 characters."""
    return shortened(" ".join(span.text.split()))


def shortened(text: str) -> str:
    """A text of at most 40 characters: the beginning of a longer one."""
    return text if len(text) <= 40 else f"{text[:37]}..."
