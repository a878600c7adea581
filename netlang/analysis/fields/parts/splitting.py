"""Axes split and joined anew: how reshapes change the functions of places."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, prod

from netlang.analysis.fields.merge import ended
from netlang.analysis.fields.parts.joining import flattened, holed
from netlang.analysis.fields.reads import LONGEST, Interval, Reads, TooLong, hull, reduced
from netlang.analysis.fields.state import (
    Context,
    Field,
    Layout,
    ReadState,
    Strand,
    numbered,
    parts_of,
    remapped,
    unfollowed_field,
)
from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Dim
from netlang.records import replace

__all__ = ["rearranged"]


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
        sizes = [self._sizes[each] for each in range(len(self._sizes))]
        try:
            found = self._split_exactly(field, part, upper, lower)
        except TooLong:
            try:
                found = self._split_apart(field, source, part, upper, lower)
            except TooLong:
                return unfollowed_field(field, sizes, lower)
        content = {other: own for other, own in field.content if other != part}
        if own := dict(field.content).get(part):
            content |= {half: holed(own, self._sizes[half]) for half in (upper, lower)}
        return replace(
            found,
            folded=field.folded or any(part in strand.parts for strand in field.strands),
            content=tuple(sorted(content.items())),
        )

    def _split_exactly(self, field: Field, part: int, upper: int, lower: int) -> Field:
        below, halves = self._sizes[lower], frozenset((upper, lower))
        strands = [_split_strand(each, part, upper, lower, below) for each in field.strands]
        return replace(
            field,
            strands=tuple(strands),
            uneven=field.uneven - {part} | halves if part in field.uneven else field.uneven,
            loose=field.loose - {part} | halves if part in field.loose else field.loose,
        )

    def _split_apart(self, field: Field, source: int, part: int, upper: int, lower: int) -> Field:
        """A bound where the halves don't add up: the hull over all places of one of them.

        Of the last rows of an image that was rolled one may come from its other end. If all places
        of that half are read next, as by an attention within windows, nothing is lost.
        """
        sizes = self._sizes[upper], self._sizes[lower]
        ways = [_told_along(field, part, half, sizes, half == upper) for half in (upper, lower)]
        strands = min(ways, key=lambda way: _mean_width(way, (upper, lower)))
        halves = frozenset((upper, lower))
        untold = halves.difference(*(strand.parts for strand in strands))
        flags = halves if part in field.uneven | field.loose else untold
        return replace(
            field,
            strands=strands,
            uneven=field.uneven - {part} | flags,
            loose=field.loose - {part} | flags,
            seamless=field.seamless and self._lies_inside(strands, source),
        )

    def _lies_inside(self, strands: Sequence[Strand], source: int) -> bool:
        """Whether nothing is read beyond the borders of the input."""
        extent = self._context.extent(source)
        for strand in strands:
            wholes = [reads.whole(self._sizes[part]) for part, reads in strand.terms]
            low = sum(whole[0] for whole in wholes if whole)
            high = sum(whole[1] for whole in wholes if whole)
            if low < 0 or high >= extent:
                return False
        return True

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
    return Strand(tuple(sorted(terms, key=_part)))


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


# --- where the halves don't add up --------------------------------------------------------------


def _told_along(
    field: Field, part: int, half: int, sizes: tuple[int, int], is_upper: bool
) -> tuple[Strand, ...]:
    """The strands with a part told along one of its halves: the hull over the other."""
    found: list[Strand] = []
    for strand in field.strands:
        terms = [
            (half, _hulls(reads, sizes, is_upper)) if own == part else (own, reads)
            for own, reads in strand.terms
        ]
        found.append(Strand(tuple(sorted(terms, key=_part))))
    return tuple(found)


def _hulls(reads: Reads, sizes: tuple[int, int], is_upper: bool) -> Reads:
    """What the places read together that share one half."""
    above, below = sizes
    if not is_upper:
        if above * below > LONGEST:
            raise TooLong
        columns = (range(place, above * below, below) for place in range(below))
        return Reads(below, 0, tuple(hull(map(reads.at, each)) for each in columns), table=True)
    turns = above if reads.table else reads.period // gcd(below, reads.period)
    if turns * below > LONGEST:
        raise TooLong
    rows = (range(below * turn, below * (turn + 1)) for turn in range(turns))
    bounds = tuple(hull(map(reads.at, each)) for each in rows)
    if reads.table:
        return Reads(turns, 0, bounds, table=True)
    return reduced(turns, reads.advance * below * turns // reads.period, bounds)


def _mean_width(strands: Sequence[Strand], halves: tuple[int, int]) -> float:
    """How much is read along halves of a part, on average."""
    found = 0.0
    for strand in strands:
        for part, reads in strand.terms:
            if part in halves:
                widths = [high - low + 1 for low, high in filter(None, reads.bounds)]
                found += sum(widths) / len(reads.bounds)
    return found


def _part(term: tuple[int, Reads]) -> int:
    return term[0]
