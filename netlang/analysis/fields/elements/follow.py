"""Follows a net from its inputs to its outputs, table by table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from netlang.analysis.fields.elements.ranges import Ranges
from netlang.analysis.fields.elements.several import concatenated, hull_of
from netlang.analysis.fields.elements.shapes import groups
from netlang.analysis.fields.elements.steps import Derived, WrittenNet
from netlang.analysis.fields.elements.table import ElementBudget, Runs, Table
from netlang.analysis.fields.reads import TooLong
from netlang.analysis.fields.rules.borders import leaves_empty
from netlang.analysis.fields.rules.places import STATISTICS, STAYING
from netlang.analysis.fields.rules.taps import Number, taps_of
from netlang.ir.reach import AxisRule, Everywhere, Joined, MappedAxes, Rearranged, Same, ToOneSide
from netlang.records import Record

__all__ = ["Followed", "NeededPlaces"]


def _within(taps: Sequence[int], start: int, stop: int) -> Sequence[int]:
    """The values from `start` to before `stop`, of a possibly very long sequence."""
    if not isinstance(taps, range):
        return [tap for tap in taps if start <= tap < stop]
    first = max(0, -((taps.start - start) // taps.step))
    last = -((taps.start - min(stop, taps.stop)) // taps.step)
    return range(
        taps.start + first * taps.step, taps.start + max(first, last) * taps.step, taps.step
    )


def _plus(taps: Sequence[int], by: int) -> Sequence[int]:
    if isinstance(taps, range):
        return range(taps.start + by, taps.stop + by, taps.step)
    return [tap + by for tap in taps]


def _is_before(rule: AxisRule) -> bool:
    """Whether a place reads all before it as well."""
    return isinstance(rule, ToOneSide) and rule.before


class NeededPlaces(Record, eq=False):
    """The ranges of places of each value that the outputs of a net need.

    With `borders`, those within the borders of all values, else through windows only.
    """

    written: WrittenNet
    ranges: dict[int, Ranges]
    number: Number
    borders: bool


class Followed:
    """The tables of one input axis: what of it is read at the places that are needed."""

    def __init__(self, needed: NeededPlaces, source: tuple[int, int], work: ElementBudget) -> None:
        written, ranges = needed.written, needed.ranges
        self._written, self._ranges, self._number = written, ranges, needed.number
        self._work, self._borders = work, needed.borders
        port, axis = source
        self.tables: dict[int, Table | None] = {}
        if port in ranges:
            at = ranges[port][axis]
            columns = work.done.setdefault(at, (list(at), list(at), [0] * len(at)))
            self.tables[port] = Table({axis: at}, columns, frozenset({axis}))
        for made, step in written.steps.items():
            if made in ranges:
                self.tables[made] = self._step(step, made)

    def _step(self, step: Derived, made: int) -> Table | None:
        tables = [self.tables.get(value) for value in step.inputs]
        if not any(tables):
            return None
        if isinstance(step.reach, Joined):
            return self._joined(step, step.reach.axis, tables, made)
        if isinstance(step.reach, Rearranged):
            (table,) = tables
            return table and self._rearranged(step.reach, table, step.inputs[0], made)
        found = [
            table and self._by_places(table, reach, value, made)
            for table, reach, value in zip(tables, step.reach, step.inputs, strict=True)
        ]
        return hull_of(found, self._work)

    # --- axis by axis ---------------------------------------------------------------------------

    def _by_places(self, table: Table, reach: MappedAxes, value: int, made: int) -> Table:
        triples = zip(reach.sources, reach.rules, range(len(reach.rules)), strict=True)
        kept = {
            axis: (rule, to)
            for axis, rule, to in triples
            if axis is not None and not isinstance(rule, Everywhere)
        }
        table = self._vanished(table, table.places.keys() - kept.keys(), value)
        whole = {axis for axis in table.places if type(kept[axis][0]) in STATISTICS}
        if self._borders:
            whole = {axis for axis in whole if not _is_before(kept[axis][0])}
        found: Table | None = self._slid(table, kept, value, made)
        if whole:
            if self._borders and any(isinstance(kept[axis][0], ToOneSide) for axis in whole):
                raise TooLong
            everything = self._slid(self._vanished(table, whole, value), kept, value, made)
            found = hull_of((found, everything), self._work)
        assert found is not None
        return found

    def _vanished(self, table: Table, axes: set[int], value: int) -> Table:
        """Everything is read along some axes: windows end if nothing moves them any more."""
        gone = table.places.keys() & axes
        if not gone:
            return table
        ends = table.moving & gone and not table.moving - gone
        whole = table.ended() if ends and not self._borders else table
        return whole.without(gone, self._written.shapes[value], self._work)

    def _slid(
        self, table: Table, kept: Mapping[int, tuple[AxisRule, int]], value: int, made: int
    ) -> Table:
        for axis, (rule, to) in kept.items():
            if axis not in table.places:
                size = len(self._ranges[value][axis])
                if self._borders and self._leaves_empty(rule, size, len(self._ranges[made][to])):
                    table = table.spread({axis: range(size)}, {}, self._work)
                else:
                    continue
            at = self._ranges[made][to]
            summed = self._borders and _is_before(rule)
            if table.places[axis] != at or summed or type(rule) not in STAYING:
                table = self._moved(table, axis, rule, at)
        return table.renamed({axis: to for axis, (_, to) in kept.items()}, self._work)

    def _leaves_empty(self, rule: AxisRule, size: int, out: int) -> bool:
        """Whether some of `out` places read none of the `size` places that exist."""
        return type(rule) not in STAYING and leaves_empty(taps_of(rule, self._number), size, out)

    def _moved(self, table: Table, axis: int, rule: AxisRule, at: range) -> Table:
        table = table.written_out(axis, self._work)
        own = (rule, table.places[axis], at)
        if own not in self._work.rows:
            self._work.rows[own] = self._rows(*own)
        return table.slid(axis, self._work.rows[own], at, rule, self._work)

    def _rows(self, rule: AxisRule, known: range, wanted: range) -> list[Sequence[int]]:
        if self._borders and _is_before(rule):
            ends = [min(place, known.stop - 1) - known.start + 1 for place in wanted]
            self._work.take(sum(ends))
            return [range(end) for end in ends]
        if type(rule) in STAYING:
            return [(place - known.start,) if place in known else () for place in wanted]
        taps = taps_of(rule, self._number)
        rows: list[Sequence[int]] = []
        last: Sequence[int] = ()
        for place in wanted:
            turn, phase = divmod(place, taps.period)
            first = taps.advance * turn
            read = _within(taps.taps[phase], known.start - first, known.stop - first)
            own = _plus(read, first - known.start)
            if rows and own == last:
                own = rows[-1]
            else:
                self._work.take(len(own))
            rows.append(own)
            last = own
        return rows

    # --- laid out anew --------------------------------------------------------------------------

    def _joined(
        self, step: Derived, axis: int, tables: Sequence[Table | None], made: int
    ) -> Table | None:
        wanted = self._ranges[made]
        sizes = [self._written.shapes[value][axis] for value in step.inputs]
        starts = [sum(sizes[:place]) for place in range(len(sizes) + 1)]
        ends = [min(wanted[axis].start, 0), *starts[1:-1], max(wanted[axis].stop, starts[-1])]
        pieces: list[Table | None] = []
        counts = []
        for table, start, (first, stop) in zip(tables, starts, pairwise(ends), strict=False):
            own = range(max(first, wanted[axis].start), min(stop, wanted[axis].stop))
            counts.append(len(own))
            pieces.append(table and self._piece(table, wanted, axis, own, start))
        return concatenated(pieces, counts, axis, wanted[axis], self._work)

    def _piece(self, table: Table, wanted: Ranges, axis: int, own: range, start: int) -> Table:
        for other, told in tuple(table.places.items()):
            shift = start if other == axis else 0
            at = own if other == axis else wanted[other]
            if told != at or shift:
                table = self._moved(table, other, Same(), range(at.start - shift, at.stop - shift))
        return table

    def _rearranged(self, reach: Rearranged, table: Table, value: int, made: int) -> Table:
        split = list(map(self._number, reach.split))
        table = self._reshaped(table, self._written.shapes[value], split)
        table = table.renamed({axis: to for to, axis in enumerate(reach.order)}, self._work)
        turned = [split[axis] for axis in reach.order]
        table = self._reshaped(table, turned, self._written.shapes[made])
        return self._slid(table, {axis: (Same(), axis) for axis in table.places}, made, made)

    def _reshaped(self, table: Table, before: Sequence[int], after: Sequence[int]) -> Table:
        if list(before) == list(after):
            return table
        ones = {axis for axis, size in enumerate(before) if size == 1} & table.places.keys()
        if ones:
            ends = not self._borders and not table.moving - ones
            table = (table.ended() if ends else table).without(ones, before, self._work)
        places: dict[int, range] = {}
        runs: dict[int, Runs] = {}
        moving: set[int] = set()
        fresh: set[int] = set()
        for old, new in sorted(groups(before, after)):
            if not table.places.keys() & set(old):
                continue
            if len(old) == len(new) == 1:
                places[new[0]] = table.places[old[0]]
                if old[0] in table.runs:
                    runs[new[0]] = table.runs[old[0]]
            else:
                table = self._whole(table, old, before)
                places |= {axis: range(after[axis]) for axis in new}
                fresh |= set(new)
            moving |= set(new) if table.moving & set(old) else set()
        found = Table(places, table.columns, frozenset(moving), runs)
        return found.simplified(fresh, self._work)

    def _whole(self, table: Table, axes: Sequence[int], sizes: Sequence[int]) -> Table:
        """The table over whole axes, with just the places that exist."""
        for axis in axes:
            at = range(sizes[axis])
            if axis in table.places:
                table = table.written_out(axis, self._work)
                if table.places[axis] != at:
                    table = self._moved(table, axis, Same(), at)
        return table.spread({axis: range(sizes[axis]) for axis in axes}, {}, self._work)
