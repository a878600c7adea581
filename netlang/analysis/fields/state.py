"""What an element of a value reads of each input axis, as a function of where the element stands.

The input axes are the *sources*. An axis of a value is made of *parts*, row by row: one, or, where
a reshape joined axes, those that it joined. Parts are numbered over all axes. A `Strand` is one way
from a source to a value: the place read is the sum of what its terms tell for the element's places
along some parts. Where an operator reads the whole of an axis, the windows of what it read end:
`Field.ended` keeps their width, and as its span the places that every element reads from then on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from netlang.analysis.fields.reads import Interval, Reads, TooLong, hull, joined
from netlang.analysis.fields.taps import Number
from netlang.ir.dims import Dim
from netlang.records import Record, replace

__all__ = [
    "NOTHING", "Context", "Ended", "Field", "Layout", "State", "Strand", "ended", "lost", "merged",
    "numbered", "parts_of", "remapped",
]  # fmt: skip

# Ways with different paces, or along different axes, that are told apart.
MOST_STRANDS = 8
NO_PARTS: frozenset[int] = frozenset()

# For each axis of a value the sizes of its parts.
Layout: TypeAlias = tuple[tuple[Dim, ...], ...]


class Context(Record):
    """Sizes as numbers, and the extent of each source.

    `fine`: what is joined along an axis is told apart place by place, as in
    `netlang.analysis.fields.joined`.
    """

    number: Number
    extents: tuple[Dim, ...]
    fine: bool = False

    def extent(self, source: int) -> int:
        return self.number(self.extents[source])

    def clipped(self, interval: Interval | None, source: int) -> Interval | None:
        """What of an interval there is in the input."""
        if interval is None:
            return None
        low, high = max(0, interval[0]), min(self.extent(source) - 1, interval[1])
        return (low, high) if low <= high else None


class Strand(Record):
    """The places read: the sum of the intervals of all terms, which are sorted by their parts."""

    terms: tuple[tuple[int, Reads], ...]

    @property
    def parts(self) -> tuple[int, ...]:
        return tuple([part for part, _ in self.terms])

    def width(self, sizes: Sequence[int]) -> int:
        """The widest interval that any element reads; 0 if none reads anything."""
        widths = [reads.widest(sizes[part]) for part, reads in self.terms]
        return sum(widths) - len(widths) + 1 if all(widths) else 0

    @property
    def is_plain(self) -> bool:
        """Whether offset and jump along one part tell everything."""
        return len(self.terms) == 1 and self.terms[0][1].is_plain


class Ended(Record):
    """What is read through windows that ended: their width, and the places."""

    width: int = 0
    span: Interval | None = None

    def joined(self, other: Ended) -> Ended:
        """What one has read that has read both."""
        if self == other:
            return self
        return Ended(max(self.width, other.width), hull((self.span, other.span)))

    def common(self, other: Ended) -> Ended:
        """No more than what both have read."""
        same = self.span if self.span == other.span else None
        return Ended(min(self.width, other.width), same)


NOTHING = Ended()


class Field(Record):
    """What an element reads of one source.

    `ended` holds for any element, whatever its place. `bound`: what is read may be less than told,
    but no less than `some` for one element and `every` for all. Elements along `uneven` parts read
    different things, and the field is the hull of all; in `loose` ones that may be more than any
    of them reads. `cut`: some places of the source itself were left out along its own axis.
    """

    strands: tuple[Strand, ...]
    ended: Ended = NOTHING
    bound: bool = False
    some: Ended = NOTHING
    every: Ended = NOTHING
    uneven: frozenset[int] = NO_PARTS
    loose: frozenset[int] = NO_PARTS
    cut: bool = False


class State(Record):
    """What the elements of a value read: for each source a field, or None.

    `pool` is the geometry of the pool whose places the value numbers, if it does.
    """

    layout: Layout
    fields: tuple[Field | None, ...]
    pool: tuple[object, ...] | None = None


def parts_of(layout: Layout) -> list[range]:
    """The numbers of the parts of each axis."""
    found, first = [], 0
    for parts in layout:
        found.append(range(first, first + len(parts)))
        first += len(parts)
    return found


def numbered(layout: Layout, number: Number) -> list[int]:
    """The sizes of all parts."""
    return [number(size) for parts in layout for size in parts]


def lost(field: Field, source: int, context: Context) -> Field:
    """What can be said of a field that can't be followed: no more than everything is read."""
    extent = context.extent(source)
    found = Ended(max(field.ended.width, extent), (0, extent - 1))
    return Field((), found, bound=True, cut=True)


def remapped(field: Field, places: Mapping[int, int]) -> Field:
    """The field with its parts numbered anew; flags of parts that are gone are dropped."""
    strands = tuple(
        Strand(tuple(sorted(((places[part], reads) for part, reads in strand.terms), key=_part)))
        for strand in field.strands
    )
    return replace(
        field,
        strands=strands,
        uneven=frozenset(places[part] for part in field.uneven if part in places),
        loose=frozenset(places[part] for part in field.loose if part in places),
    )


def _part(term: tuple[int, Reads]) -> int:
    return term[0]


def ended(
    field: Field, gone: Collection[int], layout: Layout, source: int, context: Context
) -> Field:
    """The field of an element that reads everything along the parts `gone`."""
    flags = (field.uneven | field.loose).intersection(gone)
    if not flags and not any(part in gone for strand in field.strands for part in strand.parts):
        return field
    sizes = numbered(layout, context.number)
    strands: list[Strand] = []
    end = NOTHING
    uneven, loose = field.uneven, field.loose
    for strand in field.strands:
        kept = tuple(term for term in strand.terms if term[0] not in gone)
        if len(kept) == len(strand.terms):
            strands.append(strand)
            continue
        interval = _sum_along(strand, gone, sizes)
        if interval is None:
            continue
        if kept and (any(reads.advance for _, reads in kept) or _stands(strand, gone)):
            (part, reads), *others = kept
            strands.append(Strand(((part, reads.plus(interval)), *others)))
            continue
        # Of a table along an axis (what was joined there) the hull is left.
        tables = frozenset(part for part, _ in kept)
        uneven |= tables
        whole = _sum_along(strand, {*gone, *tables}, sizes)
        loose |= frozenset(p for p, reads in kept if not _holds_all(reads, sizes[p]))
        end = end.joined(Ended(strand.width(sizes), context.clipped(whole, source)))
    found = replace(
        field,
        strands=_distinct(strands),
        ended=field.ended.joined(end),
        uneven=uneven.difference(gone),
        loose=loose.difference(gone),
    )
    return _at_least(found, end)


def _at_least(field: Field, end: Ended) -> Field:
    """The field with what elements surely read besides, now that some windows ended."""
    if field.bound or field.loose:
        return field
    some = field.some.joined(end)
    return replace(field, some=some, every=field.every if field.uneven else some)


def _stands(strand: Strand, gone: Collection[int]) -> bool:
    """Whether the terms along `gone` are tables too, so that nothing ends with them."""
    return not any(reads.advance for part, reads in strand.terms if part in gone)


def _holds_all(reads: Reads, size: int) -> bool:
    """Whether one place reads what all places of a table read."""
    return reads.whole(size) in reads.bounds


def _sum_along(strand: Strand, gone: Collection[int], sizes: Sequence[int]) -> Interval | None:
    """The sum of what the terms along `gone` read for all of their places."""
    low = high = 0
    for part, reads in strand.terms:
        if part in gone:
            whole = reads.whole(sizes[part])
            if whole is None:
                return None
            low, high = low + whole[0], high + whole[1]
    return low, high


def merged(fields: Iterable[Field]) -> Field:
    """The field of an element that reads one element of each value.

    Raises `TooLong` where there are too many ways to tell apart.
    """
    first, *others = fields
    for other in others:
        if other != first:
            first = Field(
                _distinct((*first.strands, *other.strands)),
                first.ended.joined(other.ended),
                first.bound or other.bound,
                first.some.joined(other.some),
                first.every.joined(other.every),
                first.uneven | other.uneven,
                first.loose | other.loose,
                first.cut or other.cut,
            )
    return first


def _distinct(strands: Sequence[Strand]) -> tuple[Strand, ...]:
    """The strands, those that can be told as one as one."""
    found: list[Strand] = []
    for strand in strands:
        for place, other in enumerate(found):
            if (both := _as_one(other, strand)) is not None:
                found[place] = both
                break
        else:
            found.append(strand)
    if len(found) > MOST_STRANDS:
        raise TooLong
    return tuple(found)


def _as_one(one: Strand, two: Strand) -> Strand | None:
    """The hull of two strands along the same parts, if all but one of their terms are equal."""
    if one == two:
        return one
    if one.parts != two.parts:
        return None
    pairs = list(zip(one.terms, two.terms, strict=True))
    differing = [place for place, (a, b) in enumerate(pairs) if a[1] != b[1]]
    if len(differing) != 1:
        return None
    (place,) = differing
    (part, first), (_, second) = pairs[place]
    if not first.parallel(second):
        return None
    terms = list(one.terms)
    terms[place] = (part, joined(first, second))
    return Strand(tuple(terms))
