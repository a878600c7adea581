"""The part of an input that one element of a step's output reads, by the element's place.

Needs a program whose net is one flat function (`netlang.passes.flat`). Only windows count, as in
`netlang.analysis.fields.figure`; what a step reads of a whole axis is told apart from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netlang.analysis.fields.reads import Interval, hull
from netlang.analysis.fields.state import Field, ReadState, numbered, parts_of
from netlang.analysis.fields.walk import Fields
from netlang.ir.program import Program
from netlang.records import Record

__all__ = ["AxisWindows", "MapOfInput", "maps_of_input"]


class AxisWindows(Record):
    """One axis of an input, and the `axis` of a step's output that runs along it.

    `bound`: less may be read than is stated. `besides`: a step on the way reads a whole axis, so
    that more is read than through windows.
    """

    axis: int
    part: int
    field: Field
    extent: int
    bound: bool
    besides: bool

    def read_at(self, place: int) -> Interval | None:
        """The first and the last input place that an element at a place reads, within the input.

        None if it reads nothing through windows.
        """
        ways = (dict(strand.terms)[self.part].at(place) for strand in self.field.strands)
        found = hull(ways)
        if found is None:
            return None
        low, high = max(0, found[0]), min(self.extent - 1, found[1])
        return (low, high) if low <= high else None


class MapOfInput(Record):
    """A step's output that is a map of an input: each axis of places runs along one of its axes.

    `channel` is the axis of the output that is left, None if it has no other.
    """

    along: tuple[AxisWindows, ...]
    channel: int | None

    def read_at(self, place: Sequence[int]) -> tuple[Interval | None, ...]:
        """What an element reads at a place along each axis: the receptive field of the element."""
        return tuple(own.read_at(at) for own, at in zip(self.along, place, strict=True))


def maps_of_input(
    program: Program, port: int = 0, sizes: Mapping[str, int] | None = None
) -> dict[int, MapOfInput]:
    """The steps whose first output is a map of the input number `port`, by the number of the node.

    Not every net has any: after an operator that mixes all places, none runs along the input.
    """
    fields = Fields(program, sizes)
    if fields.sources.together:
        return {}
    fields.states()
    walk = fields.walk
    sources = [number for number, (own, _) in enumerate(fields.sources.axes) if own == port]
    found = {}
    for number in range(len(program.net.nodes)):
        state = walk.states[walk.flow.place(number)][0]
        made = None if state is None else _map_of(state, sources, fields)
        if made is not None:
            found[number] = made
    return found


def _map_of(state: ReadState, sources: Sequence[int], fields: Fields) -> MapOfInput | None:
    """What a value is a map of, if along each source runs an axis of its own."""
    along = [_axis(state, source, fields) for source in sources]
    axes = [own.axis for own in along if own is not None]
    left = sorted(set(range(len(state.layout))) - set(axes))
    if len(axes) < len(along) or len(set(axes)) < len(axes) or len(left) > 1:
        return None
    return MapOfInput(tuple(filter(None, along)), left[0] if left else None)


def _axis(state: ReadState, source: int, fields: Fields) -> AxisWindows | None:
    """The axis of a value along which a source is read, window after window."""
    field = state.fields[source]
    if field is None or not field.strands or field.unfollowed or field.lost:
        return None
    parts = {part for strand in field.strands for part in strand.parts}
    if len(parts) != 1 or any(len(strand.parts) != 1 for strand in field.strands):
        return None
    (part,) = parts
    axis = next(axis for axis, own in enumerate(parts_of(state.layout)) if part in own)
    size = numbered(state.layout, fields.context.number)[part]
    moves = any(
        reads.advance or reads.table for strand in field.strands for _, reads in strand.terms
    )
    if len(state.layout[axis]) != 1 or (size > 1 and not moves):
        return None
    bound = field.bound or bool(field.loose) or len(field.strands) > 1
    extent = fields.context.extent(source)
    return AxisWindows(axis, part, field, extent, bound, field.ended.span is not None)
