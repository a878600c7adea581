"""What an element of a value reads of each input axis, as a function of the element's place.

The input axes are the *sources*. An axis of a value consists of *parts*, row by row: a single one
or, if a reshape joined axes, those that it joined. Parts are numbered over all axes. A `Strand` is
one way from a source to a value: the place that is read is the sum of its terms at the element's
places along some parts. If an operator reads the whole of an axis, the windows of what it read end:
`Field.ended` keeps their width and, as its span, the places that every element reads from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from netlang.analysis.fields.reads import IDENTITY, Interval, Reads, hull
from netlang.analysis.fields.rules.content import Contents
from netlang.analysis.fields.rules.taps import Number
from netlang.ir.dims import Dim
from netlang.ir.types import TensorType, Types
from netlang.records import Record, replace

__all__ = [
    "AT_END", "NOTHING", "NOWHERE", "SOMEWHERE", "Context", "Ended", "Field", "Layout", "ReadState",
    "States", "Strand", "fresh", "has_joined", "unknown_field", "unfollowed_field",
    "unknown_state", "numbered", "parts_of", "remapped",
]  # fmt: skip

NO_PARTS: frozenset[int] = frozenset()

# Where an end of the input is read: by the element at that end, by one somewhere, not for certain.
AT_END, SOMEWHERE, NOWHERE = 2, 1, 0

# For each axis of a value the sizes of its parts.
Layout: TypeAlias = tuple[tuple[Dim, ...], ...]


class Context(Record):
    """Sizes as numbers, and the extent of each source.

    `fine`: values joined along an axis are distinguished place by place, as in
    `netlang.analysis.fields.joined`.
    """

    number: Number
    extents: tuple[Dim, ...]
    fine: bool = False

    def extent(self, source: int) -> int:
        return self.number(self.extents[source])

    def clipped(self, interval: Interval | None, source: int) -> Interval | None:
        """The part of an interval that lies in the input."""
        if interval is None:
            return None
        low, high = max(0, interval[0]), min(self.extent(source) - 1, interval[1])
        return (low, high) if low <= high else None


class Strand(Record, gc=False):
    """The places that are read: the sum of the intervals of all terms, sorted by part."""

    terms: tuple[tuple[int, Reads], ...]

    @property
    def parts(self) -> tuple[int, ...]:
        return tuple([part for part, _ in self.terms])

    def width(self, sizes: Sequence[int]) -> int:
        """The widest interval that any element reads; 0 if none reads anything."""
        widths = [reads.widest(sizes[part]) for part, reads in self.terms]
        return sum(widths) - len(widths) + 1 if all(widths) else 0

    def whole(self, sizes: Sequence[int]) -> Interval | None:
        """What all elements read together; None if nothing."""
        wholes = [reads.whole(sizes[part]) for part, reads in self.terms]
        known = [whole for whole in wholes if whole is not None]
        if len(known) < len(wholes):
            return None
        return sum(low for low, _ in known), sum(high for _, high in known)

    @property
    def is_plain(self) -> bool:
        """Whether offset and jump along one part say everything."""
        return len(self.terms) == 1 and self.terms[0][1].is_plain


class Ended(Record, gc=False):
    """What is read through windows that ended: their width, and the places."""

    width: int = 0
    span: Interval | None = None

    def joined(self, other: Ended) -> Ended:
        """What an element has read that reads both."""
        if self == other:
            return self
        return Ended(max(self.width, other.width), hull((self.span, other.span)))

    def common(self, other: Ended) -> Ended:
        """At most what both have read."""
        same = self.span if self.span == other.span else None
        return Ended(min(self.width, other.width), same)


NOTHING = Ended()


class Field(Record, gc=False):
    """What an element reads of one source.

    `ended` holds for any element, whatever its place. `bound`: less may be read than stated, but at
    least `some` by one element and `every` by all. Elements along `uneven` parts read different
    things, and the field is the hull of all; in `loose` ones, that may be more than any of them
    reads. `cut`: some places of the source itself were left out along its own axis. `seamless`:
    clipped at the borders of the input, it equals what is read within the borders of all values.
    `ends`: where the first and the last place of the input are read for certain. `folded`: a
    reshape made parts of axes, which end where the axes continue. `unfollowed`: each element is
    said to read what all that exist read together. `lost`: windows may read more than stated.
    `content`: the parts along which some places read nothing. `most`: no element reads more through
    windows, where those of joined values are stated as a hull.
    """

    strands: tuple[Strand, ...]
    ended: Ended = NOTHING
    bound: bool = False
    some: Ended = NOTHING
    every: Ended = NOTHING
    uneven: frozenset[int] = NO_PARTS
    loose: frozenset[int] = NO_PARTS
    cut: bool = False
    seamless: bool = True
    ends: tuple[int, int] = (AT_END, AT_END)
    folded: bool = False
    lost: bool = False
    content: Contents = ()
    unfollowed: bool = False
    most: int | None = None

    @property
    def parts(self) -> set[int]:
        """The parts along which windows move."""
        return {part for strand in self.strands for part, _ in strand.terms}

    def most_of_all(self, sizes: Sequence[int]) -> int | None:
        """At least what any element reads through windows; None if ways would have to be joined."""
        if self.most is None and len(self.strands) < 2:
            return max(self.ended.width, *(strand.width(sizes) for strand in self.strands), 0)
        return self.most


class ReadState(Record, cache_hash=True, gc=False):
    """What the elements of a value read: for each source a field, or None.

    `pool` is the geometry of the pool whose places the value's numbers are, if any.
    """

    layout: Layout
    fields: tuple[Field | None, ...]
    pool: tuple[object, ...] | None = None


States: TypeAlias = tuple[ReadState | None, ...]


def fresh(types: Types, sources: Sequence[tuple[int, int]]) -> States:
    """What the elements of the inputs themselves read: each its own place."""
    places: dict[int, list[int]] = {}
    for place, (port, _) in enumerate(sources):
        places.setdefault(port, []).append(place)
    found = []
    for own, type_ in enumerate(types):
        fields: list[Field | None] = [None] * len(sources)
        for place in places.get(own, ()):
            fields[place] = Field((Strand(((sources[place][1], IDENTITY),)),))
        found.append(ReadState(tuple((size,) for size in type_.shape), tuple(fields)))
    return tuple(found)


def parts_of(layout: Layout) -> list[range]:
    """The numbers of the parts of each axis."""
    found, first = [], 0
    for parts in layout:
        found.append(range(first, first + len(parts)))
        first += len(parts)
    return found


def has_joined(layout: Layout) -> bool:
    """Whether some axis has several parts."""
    return max(map(len, layout), default=0) > 1


def numbered(layout: Layout, number: Number) -> list[int]:
    """The sizes of all parts."""
    return [number(size) for parts in layout for size in parts]


def unknown_field(field: Field, source: int, context: Context) -> Field:
    """What is known of a field that was never followed: at most everything that exists is read."""
    extent = context.extent(source)
    found = Ended(max(field.ended.width, extent), (0, extent - 1))
    return Field((), found, bound=True, cut=True, folded=True, lost=True)


def unfollowed_field(field: Field, sizes: Sequence[int], part: int) -> Field:
    """What is known of a field that isn't followed any further, at parts of these sizes.

    Each element reads at most what all read together: the same all along a part.
    """
    together = hull([strand.whole(sizes) for strand in field.strands])
    strands = () if together is None else (Strand(((part, Reads(1, 0, (together,))),)),)
    return Field(
        strands,
        field.ended,
        bound=True,
        cut=True,
        seamless=False,
        ends=(NOWHERE, NOWHERE),
        folded=True,
        lost=field.lost,
        unfollowed=True,
        most=field.most_of_all(sizes),
    )


def unknown_state(type_: TensorType, context: Context) -> ReadState:
    """What is known of a value that nothing was followed to: at most everything that exists."""
    sources = range(len(context.extents))
    fields = tuple([unknown_field(Field(()), source, context) for source in sources])
    return ReadState(tuple([(size,) for size in type_.shape]), fields)


def remapped(field: Field, places: Mapping[int, int]) -> Field:
    """The field with its parts renumbered; flags of parts that are gone are dropped."""
    strands = tuple(
        Strand(tuple(sorted(((places[part], reads) for part, reads in strand.terms), key=_part)))
        for strand in field.strands
    )
    content = [(places[part], own) for part, own in field.content if part in places]
    return replace(
        field,
        strands=strands,
        uneven=frozenset(places[part] for part in field.uneven if part in places),
        loose=frozenset(places[part] for part in field.loose if part in places),
        content=tuple(sorted(content, key=_part)) if content else (),
    )


def _part(term: tuple[int, object]) -> int:
    return term[0]
