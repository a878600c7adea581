"""Tables of what elements read along one input axis, over the axes on which they differ.

A column holds a number for each element, row by row: the first and the last place that it reads,
and the width of its widest window that ended at an operator which reads a whole axis. For an
element that reads nothing, the first place is after the last. Neighbours along an axis that are
known to read alike (the channels that a concat joined) form a run and have one row.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import accumulate, product
from math import prod
from typing import TypeAlias

from netlang.analysis.fields.reads import Interval, TooLong
from netlang.records import Draft, Record, field, replace

__all__ = ["PICKS", "Columns", "Runs", "Table", "ElementBudget", "nothing"]

_FAR = 1 << 60
Columns: TypeAlias = tuple[list[int], list[int], list[int]]
# The hull of several elements, column by column.
PICKS: tuple[Callable[..., int], ...] = (min, max, max)
_NOTHING = (_FAR, -_FAR, 0)
# The lengths of the runs along an axis.
Runs: TypeAlias = tuple[int, ...]


def nothing(count: int) -> Columns:
    """The columns for elements that read nothing."""
    low, high, ended = _NOTHING
    return [low] * count, [high] * count, [ended] * count


class ElementBudget(Draft):
    """The work done so far, in elements that were visited, and its limit."""

    left: int
    done: dict[object, Columns] = field(default_factory=dict)
    # The rows that each of some places reads, by rule and places.
    rows: dict[object, Sequence[Sequence[int]]] = field(default_factory=dict)

    def take(self, elements: int) -> None:
        """Count some work. Raises `TooLong` above the limit."""
        self.left -= elements
        if self.left < 0:
            raise TooLong


class Table(Record):
    """The columns, over the places along each axis that matters, in ascending order.

    Along `moving` axes, places move through the input; along others (a concat's channels), elements
    differ.
    """

    places: Mapping[int, range]
    columns: Columns
    moving: frozenset[int]
    runs: Mapping[int, Runs] = field(default_factory=dict)

    def rows(self, axis: int) -> int:
        """The number of rows along an axis."""
        return len(self.runs[axis]) if axis in self.runs else len(self.places[axis])

    def around(self, axis: int) -> tuple[int, int]:
        """The number of elements over the axes before an axis, and over those after it."""
        before = prod(self.rows(other) for other in self.places if other < axis)
        return before, prod(self.rows(other) for other in self.places if other > axis)

    def written_out(self, axis: int, work: ElementBudget) -> Table:
        """With one row per place along an axis."""
        if axis not in self.runs:
            return self
        rows = [[row] for row, count in enumerate(self.runs[axis]) for _ in range(count)]
        return self.gathered(axis, rows, self.places[axis], work)

    def gathered(
        self, axis: int, rows: Sequence[Sequence[int]], at: range, work: ElementBudget
    ) -> Table:
        """Along an axis, hulls of some of the table's rows: one row for each place of `at`."""
        before, behind = self.around(axis)
        others = (row for row, last in zip(rows, (None, *rows), strict=False) if row is not last)
        work.take(before * behind * (len(rows) + sum(map(len, others))))
        size = self.rows(axis) * behind
        starts = range(0, before * size, size or 1)
        low, high, ended = (
            _gathered(column, reduction, rows, starts, behind)
            for column, reduction in zip(self.columns, _REDUCTIONS, strict=True)
        )
        return self._with(axis, at, (low, high, ended))

    def _with(self, axis: int, at: range, columns: Columns) -> Table:
        runs = {other: each for other, each in self.runs.items() if other != axis}
        return Table({**self.places, axis: at}, columns, self.moving, runs)

    def slid(
        self, axis: int, rows: Sequence[Sequence[int]], at: range, key: object, work: ElementBudget
    ) -> Table:
        """As `gathered`, computed once for columns that slide alike, as in a square image."""
        own = (id(self.columns), key, at, self.around(axis), self.places[axis])
        if own not in work.done:
            work.done[own] = self.gathered(axis, rows, at, work).columns
            # Kept, so that no other columns get its number.
            work.done[id(self.columns)] = self.columns
        return self._with(axis, at, work.done[own])

    def without(self, axes: Collection[int], sizes: Sequence[int], work: ElementBudget) -> Table:
        """The hulls over all places of some axes."""
        found = self
        for axis in sorted(self.places.keys() & set(axes)):
            at = found.places[axis]
            row = [place - at.start for place in at if 0 <= place < sizes[axis]]
            if axis in found.runs:
                row = list(range(found.rows(axis)))
            found = found.gathered(axis, [row], range(1), work)
            kept = {other: at for other, at in found.places.items() if other != axis}
            found = Table(kept, found.columns, found.moving - {axis}, found.runs)
        return found

    def ended(self) -> Table:
        """With the windows of all elements ended."""
        low, high, ended = self.columns
        widths = [max(a, c - b + 1) for a, b, c in zip(ended, low, high, strict=True)]
        first, last, _ = nothing(len(low))
        return replace(self, columns=(first, last, widths))

    def spread(
        self, places: Mapping[int, range], runs: Mapping[int, Runs], work: ElementBudget
    ) -> Table:
        """Over additional axes."""
        found = self
        for axis in sorted(places.keys() - self.places.keys()):
            count = len(runs[axis]) if axis in runs else len(places[axis])
            _, behind = found.around(axis)
            work.take(len(found.columns[0]) * count)
            low, high, ended = (_repeated(column, behind, count) for column in found.columns)
            found = Table(
                dict(sorted({**found.places, axis: places[axis]}.items())),
                (low, high, ended),
                found.moving,
                {**found.runs, axis: runs[axis]} if axis in runs else found.runs,
            )
        return found

    def renamed(self, names: Mapping[int, int], work: ElementBudget) -> Table:
        """With renumbered axes, and elements in the order of the new numbers."""
        order = sorted(self.places, key=lambda axis: names[axis])
        places = {names[axis]: self.places[axis] for axis in order}
        moving = frozenset(names[axis] for axis in self.moving)
        runs = {names[axis]: each for axis, each in self.runs.items()}
        if order == list(self.places):
            return Table(places, self.columns, moving, runs)
        work.take(len(self.columns[0]))
        step = {axis: self.around(axis)[1] for axis in order}
        steps = (range(0, self.rows(axis) * step[axis], step[axis] or 1) for axis in order)
        index = list(map(sum, product(*steps)))
        low, high, ended = ([column[place] for place in index] for column in self.columns)
        return Table(places, (low, high, ended), moving, runs)

    def simplified(self, axes: Collection[int], work: ElementBudget) -> Table:
        """Without the axes along which elements don't differ."""
        found = self
        for axis in sorted(axes):
            before, behind = found.around(axis)
            count = found.rows(axis)
            work.take(len(found.columns[0]))
            size = count * behind
            first = range(0, before * size, size or 1)
            firsts = [[c[start : start + behind] for start in first] for c in found.columns]
            again = [[place for row in column for place in row * count] for column in firsts]
            if again == list(found.columns):
                low, high, ended = ([place for row in c for place in row] for c in firsts)
                places = {other: at for other, at in found.places.items() if other != axis}
                found = Table(places, (low, high, ended), found.moving - {axis}, found.runs)
        return found

    def at(self, element: Sequence[int]) -> Interval | None:
        """What an element reads through windows that haven't ended."""
        place = 0
        for axis, at in self.places.items():
            row = element[axis] - at.start
            if axis in self.runs:
                row = bisect_right(list(accumulate(self.runs[axis])), row)
            place = place * self.rows(axis) + row
        low, high, _ = self.columns
        return (low[place], high[place]) if low[place] <= high[place] else None

    def widest(self) -> int:
        """The width of the widest interval, including windows that ended."""
        low, high, ended = self.columns
        widths = (b - a + 1 for a, b in zip(low, high, strict=True))
        return max(0, *widths, *ended)


class _Reduction(Record):
    """What numbers are joined into, and what there is of none."""

    pick: Callable[..., int]
    empty: int


_REDUCTIONS = tuple(map(_Reduction, PICKS, _NOTHING))


def _gathered(
    column: list[int],
    reduction: _Reduction,
    rows: Sequence[Sequence[int]],
    starts: range,
    width: int,
) -> list[int]:
    found: list[int] = []
    pick, empty = reduction.pick, reduction.empty
    for start in starts:
        last: Sequence[int] | None = None
        for row in rows:
            if row is last:
                found += found[-width:]
            elif not row:
                found += [empty] * width
            elif len(row) == 1:
                first = start + row[0] * width
                found += column[first : first + width]
            elif width == 1:
                found.append(pick([column[start + place] for place in row]))
            else:
                slices = (column[start + p * width : start + (p + 1) * width] for p in row)
                found += map(pick, *slices)
            last = row
    return found


def _repeated(column: list[int], width: int, times: int) -> list[int]:
    found: list[int] = []
    for first in range(0, len(column), width or 1):
        found += column[first : first + width] * times
    return found
