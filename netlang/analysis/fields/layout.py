"""Parts of axes joined and split: how reshapes change the functions of places."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, prod

from netlang.analysis.fields.merge import ended
from netlang.analysis.fields.reads import LONGEST, Interval, Reads, Taps, TooLong, reduced, summed
from netlang.analysis.fields.rules.content import Content
from netlang.analysis.fields.state import (
    Context,
    Field,
    Layout,
    ReadState,
    Strand,
    numbered,
    parts_of,
    remapped,
    unknown_field,
)
from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Dim
from netlang.records import replace

__all__ = ["alike", "flattened", "permuted", "rearranged"]


def permuted(state: ReadState, order: Sequence[int]) -> ReadState:
    """The axes in another order."""
    old = parts_of(state.layout)
    places = {part: new for new, part in enumerate(part for axis in order for part in old[axis])}
    fields = tuple(field and remapped(field, places) for field in state.fields)
    return ReadState(tuple(state.layout[axis] for axis in order), fields)


# --- joining ------------------------------------------------------------------------------------


def flattened(state: ReadState, axes: Sequence[int], context: Context) -> ReadState:
    """The state with each of some axes as a single part."""
    if all(len(state.layout[axis]) == 1 for axis in axes):
        return state
    layout = tuple(
        (prod(map(context.number, parts)),) if axis in axes and len(parts) > 1 else parts
        for axis, parts in enumerate(state.layout)
    )
    old, new = parts_of(state.layout), parts_of(layout)
    sizes = numbered(state.layout, context.number)
    places = {
        part: new[axis][0 if axis in axes else index]
        for axis, parts in enumerate(old)
        for index, part in enumerate(parts)
    }
    digits = {
        part: _digit(sizes, parts, part)
        for axis, parts in enumerate(old)
        if axis in axes and len(parts) > 1
        for part in parts
    }
    joined_sizes = numbered(layout, context.number)
    fields = tuple(
        field and _flat(field, source, places, digits, joined_sizes, context)
        for source, field in enumerate(state.fields)
    )
    return ReadState(layout, fields, state.pool)


def _digit(sizes: Sequence[int], parts: range, part: int) -> Taps | None:
    """The place along a part as a function of the place along all; None if that is too long."""
    below = prod(sizes[other] for other in parts if other > part)
    if part == parts[0]:
        return Taps(below, 1, ((0,),) * below) if below <= LONGEST else None
    period = below * sizes[part]
    if period > LONGEST:
        return None
    return Taps(period, 0, tuple((o // below,) for o in range(period)))


def _flat(
    field: Field,
    source: int,
    places: dict[int, int],
    digits: dict[int, Taps | None],
    sizes: Sequence[int],
    context: Context,
) -> Field:
    try:
        strands = tuple(_flat_strand(strand, places, digits, sizes) for strand in field.strands)
    except TooLong:
        return unknown_field(field, source, context)
    flags = (frozenset(places[p] for p in parts) for parts in (field.uneven, field.loose))
    uneven, loose = flags
    contents = {
        places[p]: _holed(own, sizes[places[p]]) if p in digits else own for p, own in field.content
    }
    folded = field.folded or any(part in digits for s in field.strands for part in s.parts)
    content = tuple(sorted(contents.items()))
    return replace(
        field, strands=strands, uneven=uneven, loose=loose, folded=folded, content=content
    )


def _holed(content: Content, size: int) -> Content:
    """What is known of a part that absorbed one with places that read nothing."""
    return Content(0, size - 1, holes=True, sure=content.sure)


def _flat_strand(
    strand: Strand,
    places: dict[int, int],
    digits: dict[int, Taps | None],
    sizes: Sequence[int],
) -> Strand:
    found: dict[int, Reads] = {}
    for part, reads in strand.terms:
        flat, place = reads, places[part]
        if part in digits:
            taps = digits[part]
            if taps is None:
                raise TooLong
            flat = reads.through(taps, sizes[place])
        found[place] = summed(found[place], flat) if place in found else flat
    return Strand(tuple(sorted(found.items(), key=lambda term: term[0])))


def alike(states: Sequence[ReadState], context: Context) -> list[ReadState]:
    """The states with their axes divided alike."""
    first, *others = ([len(parts) for parts in state.layout] for state in states)
    if all(other == first for other in others) and max(first, default=1) == 1:
        return list(states)
    layouts = {tuple(tuple(map(context.number, p)) for p in state.layout) for state in states}
    if len(layouts) == 1:
        return list(states)
    return [flattened(state, range(len(first)), context) for state in states]


# --- splitting ----------------------------------------------------------------------------------


def rearranged(
    state: ReadState,
    split: Sequence[Dim],
    order: Sequence[int],
    shape: Sequence[Dim],
    context: Context,
) -> ReadState:
    """The elements row by row as `split`, with axes reordered, then joined to `shape`."""
    wanted = [context.number(size) for size in split]
    regrouped = _Regrouped(state, context)
    try:
        groups = regrouped.split(wanted)
    except TooLong:
        regrouped = _Regrouped(flattened(_one_axis(state), (0,), context), context)
        groups = regrouped.split(wanted)
    sizes = [wanted[axis] for axis in order]
    axes = _joined_axes(sizes, [context.number(size) for size in shape])
    parts = [[part for axis in axis_group for part in groups[order[axis]]] for axis_group in axes]
    return regrouped.state(parts)


def _one_axis(state: ReadState) -> ReadState:
    return replace(state, layout=(tuple(size for parts in state.layout for size in parts),))


def _joined_axes(sizes: Sequence[int], shape: Sequence[int]) -> list[list[int]]:
    """The axes of which each axis of `shape` is made."""
    found: list[list[int]] = []
    place = 0
    for size in shape:
        group: list[int] = []
        while prod(sizes[axis] for axis in group) < size:
            group.append(place)
            place += 1
        found.append(group)
    if [prod(sizes[axis] for axis in group) for group in found] != list(shape):
        raise InternalError(f"axes of {list(sizes)} don't join to {list(shape)}")
    return found


class _Regrouped:
    """Splits parts until they match other axes; new parts get new numbers."""

    def __init__(self, state: ReadState, context: Context) -> None:
        self._context = context
        self._pool = state.pool
        self._sizes = dict(enumerate(numbered(state.layout, context.number)))
        ones = [part for part, size in self._sizes.items() if size == 1]
        self._fields = [
            field and ended(field, ones, state.layout, source, context)
            for source, field in enumerate(state.fields)
        ]
        self._parts = [part for part in self._sizes if part not in ones]

    def split(self, wanted: Sequence[int]) -> list[list[int]]:
        """The parts of each axis. Raises `TooLong` if no splitting yields them."""
        waiting = list(self._parts)
        found: list[list[int]] = []
        for size in reversed(wanted):
            group: list[int] = []
            left = size
            while left > 1:
                part = waiting.pop()
                if left % self._sizes[part]:
                    common = gcd(left, self._sizes[part])
                    if common == 1:
                        raise TooLong
                    upper, part = self._halved(part, common)
                    waiting.append(upper)
                left //= self._sizes[part]
                group.append(part)
            found.append(group[::-1])
        return found[::-1]

    def _halved(self, part: int, below: int) -> tuple[int, int]:
        """A part of n places as one of n / below and one of `below` places."""
        upper, lower = len(self._sizes), len(self._sizes) + 1
        self._sizes[upper], self._sizes[lower] = self._sizes[part] // below, below
        for source, field in enumerate(self._fields):
            if field is not None:
                self._fields[source] = self._split_field(field, source, part, upper, lower)
        return upper, lower

    def _split_field(self, field: Field, source: int, part: int, upper: int, lower: int) -> Field:
        try:
            strands = tuple(
                _split_strand(strand, part, upper, lower, self._sizes[lower])
                for strand in field.strands
            )
        except TooLong:
            return unknown_field(field, source, self._context)
        halves = frozenset((upper, lower))
        content = {other: own for other, own in field.content if other != part}
        if own := dict(field.content).get(part):
            content |= {half: _holed(own, self._sizes[half]) for half in (upper, lower)}
        return replace(
            field,
            strands=strands,
            uneven=field.uneven - {part} | halves if part in field.uneven else field.uneven,
            loose=field.loose - {part} | halves if part in field.loose else field.loose,
            folded=field.folded or any(part in strand.parts for strand in field.strands),
            content=tuple(sorted(content.items())),
        )

    def state(self, axes: Sequence[Sequence[int]]) -> ReadState:
        layout: Layout = tuple(tuple(self._sizes[p] for p in parts) or (1,) for parts in axes)
        numbers = parts_of(layout)
        places = {
            part: number
            for parts, new in zip(axes, numbers, strict=True)
            for part, number in zip(parts, new, strict=False)
        }
        fields = tuple(field and remapped(field, places) for field in self._fields)
        return ReadState(layout, fields)


def _split_strand(strand: Strand, part: int, upper: int, lower: int, below: int) -> Strand:
    terms: list[tuple[int, Reads]] = []
    for place, reads in strand.terms:
        if place != part:
            terms.append((place, reads))
            continue
        above, rest = _split_reads(reads, below)
        if above != Reads(1, 0, ((0, 0),)):
            terms.append((upper, above))
        terms.append((lower, rest))
    return Strand(tuple(sorted(terms, key=lambda term: term[0])))


def _split_reads(reads: Reads, below: int) -> tuple[Reads, Reads]:
    """A function of ``below i + j`` as the sum of one of i and one of j. Raises `TooLong`."""
    if below % reads.period == 0 and not reads.table:
        return Reads(1, reads.advance * (below // reads.period), ((0, 0),)), reads
    turns = reads.period // (below if reads.table else gcd(below, reads.period))
    if turns * below > LONGEST:
        raise TooLong
    row = [reads.at(j) for j in range(below)]
    column = next((j for j, bound in enumerate(row) if bound), None)
    if column is None:
        return Reads(1, 0, ((0, 0),)), Reads(1, 0, (None,))
    start = row[column]
    moves: list[Interval] = []
    for i in range(turns):
        here = reads.at(below * i + column)
        if start is None or here is None:
            raise TooLong
        moves.append((here[0] - start[0], here[1] - start[1]))
        if any(
            reads.at(below * i + j) != _widened(bound, moves[-1]) for j, bound in enumerate(row)
        ):
            raise TooLong
    above = reduced(turns, reads.advance * below * turns // reads.period, tuple(moves))
    return above, Reads(below, 0, tuple(row), table=True)


def _widened(bound: Interval | None, by: Interval) -> Interval | None:
    return bound and (bound[0] + by[0], bound[1] + by[1])
