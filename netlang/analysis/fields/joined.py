"""Values joined along an axis, whose elements read different things.

The hull of all values is at least what any element reads; if it is no more than what one of them
reads, the figure of the whole is exact. If part of the axis is taken later, the hull may be too
large. In fine mode, the place along the joined axis is a term of its own, a table of what each
place reads; that is exact, but takes as long as the axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise

from netlang.analysis.fields.reads import Interval, Reads
from netlang.analysis.fields.state import (
    NOTHING,
    Context,
    Ended,
    Field,
    ReadState,
    Strand,
    numbered,
    parts_of,
)
from netlang.records import replace

__all__ = ["told_apart"]

# The longest axis that is described place by place.
LONGEST_TABLE = 1024


def told_apart(
    whole: ReadState,
    states: Sequence[ReadState | None],
    axis: int,
    starts: Sequence[int],
    context: Context,
) -> ReadState:
    """`whole`, the hull of states along an axis, with what is known of the differences.

    State number i covers the places from ``starts[i]`` to before ``starts[i + 1]``.
    """
    parts, sizes = parts_of(whole.layout)[axis], numbered(whole.layout, context.number)
    fields: list[Field | None] = []
    for source, field in enumerate(whole.fields):
        own = [None if state is None else state.fields[source] for state in states]
        if field is None or all(each == field for each in own):
            fields.append(field)
            continue
        table = _tabled(own, parts[0], starts) if context.fine and len(parts) == 1 else None
        fields.append(table or _marked(field, own, frozenset(parts), sizes))
    return replace(whole, fields=tuple(fields))


def _marked(
    field: Field, own: Sequence[Field | None], parts: frozenset[int], sizes: Sequence[int]
) -> Field:
    """If a value's own function of the axis continues after its end, more is stated than read."""
    loose = not any(_same_reads(each, field) for each in own)
    along = any(part in parts for strand in field.strands for part in strand.parts)
    every = [each.every if each else NOTHING for each in own]
    return replace(
        field,
        bound=field.bound or (loose and along),
        every=reduce(Ended.common, every),
        uneven=field.uneven | parts,
        seamless=field.seamless and not along,
        loose=field.loose | parts if loose else field.loose,
        most=_most(own, sizes) if loose and along else None,
    )


def _most(own: Sequence[Field | None], sizes: Sequence[int]) -> int | None:
    """The most that an element of any of the values reads through windows."""
    found = [field.most_of_all(sizes) for field in own if field is not None]
    known = [most for most in found if most is not None]
    return max(known) if len(known) == len(found) else None


def _same_reads(one: Field | None, two: Field) -> bool:
    return one is not None and (one.strands, one.ended) == (two.strands, two.ended)


def _tabled(own: Sequence[Field | None], part: int, starts: Sequence[int]) -> Field | None:
    """One strand with a term along the joined axis; None if fields differ in other ways."""
    known = [field for field in own if field is not None]
    first = known[0]
    if starts[-1] > LONGEST_TABLE or any(_rest(field) != _rest(first) for field in known[1:]):
        return None
    if any(len(field.strands) != 1 for field in known):
        return None
    others = _paces(first.strands[0], part)
    if others is None or any(_paces(field.strands[0], part) != others for field in known[1:]):
        return None
    bounds: list[Interval | None] = []
    for field, (start, stop) in zip(own, pairwise(starts), strict=True):
        bounds += _table(field, part, range(start, stop))
    terms = [(other, Reads(1, pace, ((0, 0),))) for other, pace in others]
    table = (part, Reads(len(bounds), 0, tuple(bounds), table=True))
    strand = Strand(tuple(sorted([*terms, table], key=_part)))
    along = any(part in field.strands[0].parts for field in known)
    return replace(
        first,
        strands=(strand,),
        cut=any(field.cut for field in known),
        seamless=not along and all(field.seamless for field in known),
        ends=(min(field.ends[0] for field in known), min(field.ends[1] for field in known)),
        folded=any(field.folded for field in known),
        most=None,
    )


def _rest(field: Field) -> Field:
    """The part of a field that has to be equal."""
    return replace(field, strands=(), cut=False, seamless=True, ends=(0, 0), folded=False)


def _part(term: tuple[int, Reads]) -> int:
    return term[0]


def _paces(strand: Strand, part: int) -> tuple[tuple[int, int], ...] | None:
    """The parts other than `part` with their jumps; None if any of them isn't plain."""
    others = [(other, reads) for other, reads in strand.terms if other != part]
    if not all(reads.is_plain for _, reads in others):
        return None
    return tuple((other, reads.advance) for other, reads in others)


def _table(field: Field | None, part: int, places: range) -> list[Interval | None]:
    """What the places along the joined axis add to the terms of all other parts."""
    if field is None:
        return [None] * len(places)
    (strand,) = field.strands
    low = high = 0
    own = None
    for other, reads in strand.terms:
        if other == part:
            own = reads
        elif (bound := reads.bounds[0]) is not None:
            low, high = low + bound[0], high + bound[1]
    if own is None:
        return [(low, high)] * len(places)
    return [at and (at[0] + low, at[1] + high) for at in map(own.at, places)]
