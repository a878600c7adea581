"""The figures of a receptive field, computed from every element of the outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from netlang.analysis.fields.elements.follow import Followed, NeededPlaces
from netlang.analysis.fields.elements.ranges import needed
from netlang.analysis.fields.elements.steps import WrittenNet, written_out
from netlang.analysis.fields.elements.table import ElementBudget, Table
from netlang.analysis.fields.figure import AxisField
from netlang.analysis.fields.largest import Source
from netlang.analysis.fields.reads import TooLong
from netlang.analysis.fields.rules.taps import Number
from netlang.ir.program import Function
from netlang.records import Record, replace

__all__ = ["MOST_WORK", "Elements"]

# Elements that are looked at, over all values.
MOST_WORK = 1 << 19


class Elements(Record, dict=True):
    """A net at the sizes given by `number`."""

    net: Function
    number: Number
    outputs: Sequence[int]

    def instead(
        self, found: Mapping[Source, AxisField], *, borders: bool
    ) -> dict[Source, AxisField]:
        """Exact fields in place of bounds, if possible, and `seen` if not only windows read.

        With `borders`, `seen` for all axes.
        """
        vague = [source for source, field in found.items() if field.bound]
        sizes = self._tabled(vague, borders=False)
        exact = dict(found)
        exact |= {source: _by_windows(found[source], tables) for source, tables in sizes.items()}
        ports = {s[0] for s, f in found.items() if f.seen_bound and (f.besides or borders)}
        seen = self.widest([source for source in found if source[0] in ports], borders=True)
        exact |= {s: replace(exact[s], seen=n, seen_bound=False) for s, n in seen.items()}
        # An element that reads nothing along one axis of an input reads nothing of it.
        unread = {port for (port, _), f in exact.items() if not f.seen and not f.seen_bound}
        return {
            source: replace(field, seen=0, seen_bound=False) if source[0] in unread else field
            for source, field in exact.items()
        }

    def widest(self, sources: Sequence[Source], *, borders: bool) -> dict[Source, int]:
        """For each source, the most places from the first to the last that an element reads.

        With `borders`, everything that lies in the input; otherwise only through windows, ignoring
        borders. Empty if this takes too long or depends on values.
        """
        found = self._tabled(sources, borders=borders)
        return {source: _widest(tables) for source, tables in found.items()}

    def _tabled(
        self, sources: Sequence[Source], *, borders: bool
    ) -> dict[Source, list[Table | None]]:
        return self.tables(sources, borders=borders) if sources else {}

    def tables(
        self, sources: Sequence[Source], *, borders: bool
    ) -> dict[Source, list[Table | None]]:
        """For each source, what the elements of each output read; None reads nothing."""
        try:
            return self._tables(sources, borders)
        except TooLong:
            return {}

    def _tables(self, sources: Sequence[Source], borders: bool) -> dict[Source, list[Table | None]]:
        written = self._written
        if written is None:
            raise TooLong
        ranges = needed(written, self.number, borders=borders)
        places = NeededPlaces(written, ranges, self.number, borders)
        work = ElementBudget(MOST_WORK)
        found = {}
        for source in sources:
            followed = Followed(places, source, work)
            found[source] = [followed.tables.get(value) for value in written.outputs]
        return found

    @cached_property
    def _written(self) -> WrittenNet | None:
        try:
            written = written_out(self.net, self.number)
        except TooLong:
            return None
        outputs = tuple([written.outputs[place] for place in self.outputs])
        return WrittenNet(written.shapes, written.steps, outputs)


def _widest(tables: Sequence[Table | None]) -> int:
    return max((table.widest() for table in tables if table), default=0)


def _by_windows(found: AxisField, tables: Sequence[Table | None]) -> AxisField:
    """The field with the figure of windows that elements tell, in place of a bound.

    They don't tell one way from another: of what is read both by a window and as a whole axis (a
    matmul of a value and itself, summed over one of both places), they count the whole axis as
    read by windows. If that is more than the bound, the bound stays.
    """
    size = _widest(tables)
    if found.besides and not found.unknown and size > found.size:
        return found
    besides = found.besides or any(any(table.columns[2]) for table in tables if table)
    return replace(found, size=size, bound=False, unknown=False, besides=besides)
