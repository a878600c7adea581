"""The receptive field as a figure: how many input elements one element reads along each axis.

The figure counts windows alone, as in Araujo, Norris, Sim 2019 (doi:10.23915/distill.00021): the
widest interval, from the first to the last place, that an element reads through windows, ignoring
borders. What an operator reads of a whole axis (a global pool, attention, the statistics of a norm)
is not included; `seen` counts that too, within the borders of the input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import prod

from netlang.analysis.fields.reads import Interval, hull
from netlang.analysis.fields.state import Context, Field, ReadState, Strand, numbered
from netlang.records import Record

__all__ = ["AxisField", "ReceptiveField", "axis_field", "width"]

# Places of an axis that are looked at one by one.
MOST_PLACES = 512


class AxisField(Record, gc=False):
    """One axis: the figure, the most places that an element sees, and the number of places.

    `bound` and `seen_bound` mark upper bounds. `besides`: not only windows read the axis.
    `unknown`: windows may read more than the figure, because of what lies beyond the borders.
    """

    size: int
    seen: int
    extent: int
    bound: bool
    seen_bound: bool
    besides: bool
    unknown: bool = False

    def __str__(self) -> str:
        return "?" if self.unknown else f"<={self.size}" if self.bound else str(self.size)

    @property
    def is_exact(self) -> bool:
        """Whether no figure that is shown is a bound; `seen` is shown if it is larger."""
        return not self.bound and not (self.besides and self.seen_bound)


class ReceptiveField(Record, gc=False):
    """Input elements along each axis after the first, and the axes of a vector that windows read.

    `everything`: an operator that reads whole axes lets the output see all places of the input.
    """

    along: tuple[AxisField, ...]

    @property
    def axes(self) -> tuple[int, ...]:
        return tuple(axis.size for axis in self.along)

    @property
    def everything(self) -> bool:
        return all(
            axis.besides and axis.seen == axis.extent and not axis.seen_bound for axis in self.along
        )

    @property
    def bound(self) -> bool:
        """Whether the figure is an upper bound."""
        return any(axis.bound for axis in self.along)

    @property
    def unknown(self) -> bool:
        """Whether not even a bound is known."""
        return any(axis.unknown for axis in self.along)

    @property
    def note(self) -> str:
        """What the figure alone doesn't say."""
        texts = ["not known" if self.unknown else "at most"] if self.bound else []
        besides = [axis for axis in self.along if axis.besides]
        if besides:
            texts.append("by windows alone")
        text = " and ".join(texts[::-1])
        if self.everything:
            return f"{text}; a global operator sees everything"
        if besides:
            seen = max(besides, key=lambda axis: axis.seen)
            bound = "at most " if seen.seen_bound else ""
            return f"{text}; in all {bound}{seen.seen} of {seen.extent} are seen"
        return text

    @property
    def is_exact(self) -> bool:
        """Whether no figure that is shown is a bound."""
        return all(axis.is_exact for axis in self.along)

    @property
    def seen(self) -> tuple[int, ...]:
        return tuple(axis.seen for axis in self.along)

    @property
    def figure(self) -> int | tuple[int, ...]:
        """One number if it holds for every axis, as for arguments of operators."""
        return self.axes[0] if len(set(self.axes)) == 1 else self.axes

    def __str__(self) -> str:
        texts = list(map(str, self.along))
        return texts[0] if len(set(texts)) == 1 else "x".join(texts)


def axis_field(
    state: ReadState, source: int, context: Context, *, places: bool = True
) -> AxisField:
    """The figures of one source. Without `places`, `seen` isn't computed."""
    field = state.fields[source]
    extent = context.extent(source)
    if field is None:
        return AxisField(0, 0, extent, bound=False, seen_bound=False, besides=False)
    sizes = numbered(state.layout, context.number)
    seen, counted = 0, True
    if places:
        intervals, counted = _seen(field, sizes, extent)
        for read in intervals:
            clipped = context.clipped(hull((read, field.ended.span)), source)
            seen = max(seen, clipped[1] - clipped[0] + 1 if clipped else 0)
    size, exact = width(field, sizes)
    inexact = field.bound or bool(field.loose) or not exact
    least = field.some.width if inexact else max(size, field.some.width)
    figure = max(size, field.ended.width)
    if field.most is not None:
        figure = min(figure, field.most)
    sure = field.some.span[1] - field.some.span[0] + 1 if field.some.span else 0
    besides = field.ended.span is not None
    seen_bound = (inexact or not counted or not field.seamless) and seen > sure
    bound = field.lost or figure > least
    return AxisField(figure, seen, extent, bound, seen_bound, besides, field.lost)


def _seen(
    field: Field, sizes: Sequence[int], extent: int
) -> tuple[Iterable[Interval | None], bool]:
    """Intervals that include the widest one within the input, and whether elements read them.

    If offset and jump describe everything, the width within the input, as a function of the place,
    bends only where an end of what is read meets an end of the input or of what every element
    reads.
    """
    if _places(field.strands, sizes) <= MOST_PLACES:
        return _read(field.strands, sizes), True
    if len(field.strands) == 1 and field.strands[0].is_plain:
        ((part, reads),) = field.strands[0].terms
        ends = (0, extent - 1, *(field.ended.span or ()))
        bound = reads.bounds[0] or (0, 0)
        bends = ((end - own) // max(1, reads.advance) for end in ends for own in bound)
        near = {place + step for place in bends for step in (0, 1)} | {0, sizes[part] - 1}
        return [reads.at(place) for place in near if 0 <= place < sizes[part]], True
    return _read(field.strands, sizes), False


def width(field: Field, sizes: Sequence[int]) -> tuple[int, bool]:
    """The widest interval that an element reads through windows, and whether that is exact."""
    if len(field.strands) < 2:
        return max((strand.width(sizes) for strand in field.strands), default=0), True
    widths = [high - low + 1 for low, high in filter(None, _read(field.strands, sizes))]
    return max(widths, default=0), _places(field.strands, sizes) <= MOST_PLACES


def _places(strands: Sequence[Strand], sizes: Sequence[int]) -> int:
    """How many elements may read different things."""
    return prod(sizes[part] for part in {part for strand in strands for part in strand.parts})


def _read(strands: Sequence[Strand], sizes: Sequence[int]) -> Iterator[Interval | None]:
    """The hulls that elements read through windows; a single one if there are too many."""
    parts = sorted({part for strand in strands for part in strand.parts})
    if _places(strands, sizes) > MOST_PLACES:
        yield hull(_sum([reads.whole(sizes[p]) for p, reads in s.terms]) for s in strands)
        return
    for places in product(*(range(sizes[part]) for part in parts)):
        at = dict(zip(parts, places, strict=True))
        yield hull(_sum([reads.at(at[p]) for p, reads in strand.terms]) for strand in strands)


def _sum(intervals: Sequence[Interval | None]) -> Interval | None:
    """The sum of the ends; None if either is None."""
    found = [interval for interval in intervals if interval is not None]
    if len(found) < len(intervals):
        return None
    return sum(low for low, _ in found), sum(high for _, high in found)
