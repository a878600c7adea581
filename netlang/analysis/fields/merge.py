"""Fields whose windows end because a whole axis is read, and fields of values that meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from netlang.analysis.fields.reads import Interval, Reads, TooLong, joined
from netlang.analysis.fields.rules.content import together
from netlang.analysis.fields.state import (
    NOTHING,
    NOWHERE,
    Context,
    Ended,
    Field,
    Layout,
    Strand,
    numbered,
)
from netlang.records import replace

__all__ = ["distinct", "ended", "merged"]

# Ways with different paces, or along different axes, that are distinguished.
MOST_STRANDS = 8


def ended(
    field: Field, gone: Collection[int], layout: Layout, source: int, context: Context
) -> Field:
    """The field of an element that reads everything along the parts `gone`."""
    flags = (field.uneven | field.loose).intersection(gone)
    content = field.content and tuple([each for each in field.content if each[0] not in gone])
    if not flags and field.parts.isdisjoint(gone):
        return field if content == field.content else replace(field, content=content)
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
        strands=distinct(strands),
        ended=field.ended.joined(end),
        uneven=uneven.difference(gone),
        loose=loose.difference(gone),
        content=content,
        most=None,
    )
    return _at_least(found, end, context.extent(source))


def _at_least(field: Field, end: Ended, extent: int) -> Field:
    """The field with what elements additionally read for certain, now that some windows ended."""
    if field.bound or field.loose:
        return field
    some = field.some.joined(end if _reads_surely(field, end, extent) else Ended(end.width))
    return replace(field, some=some, every=field.every if field.uneven else some)


def _reads_surely(field: Field, end: Ended, extent: int) -> bool:
    """Whether the span read by all places of an axis is read within the borders of all values."""
    return field.seamless or (end.span == (0, extent - 1) and min(field.ends) > NOWHERE)


def _stands(strand: Strand, gone: Collection[int]) -> bool:
    """Whether the terms along `gone` are tables too, so that nothing ends with them.

    One that comes back after a period moves all the same: a place in an axis that was joined.
    """
    return not any(
        reads.advance or (reads.period > 1 and not reads.table)
        for part, reads in strand.terms
        if part in gone
    )


def _holds_all(reads: Reads, size: int) -> bool:
    """Whether one place reads everything that all places of a table read."""
    return reads.whole(size) in reads.bounds


def _sum_along(strand: Strand, gone: Collection[int], sizes: Sequence[int]) -> Interval | None:
    """The sum of what the terms along `gone` read over all of their places."""
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

    Raises `TooLong` if there are too many strands.
    """
    first, *others = fields
    for other in others:
        if other != first:
            strands = distinct((*first.strands, *other.strands))
            ended = first.ended.joined(other.ended)
            first = Field(
                strands,
                ended,
                first.bound or other.bound,
                first.some.joined(other.some),
                first.every.joined(other.every),
                first.uneven | other.uneven,
                first.loose | other.loose,
                first.cut or other.cut,
                _is_seamless(first, other, strands, ended),
                (max(first.ends[0], other.ends[0]), max(first.ends[1], other.ends[1])),
                first.folded or other.folded,
                first.lost or other.lost,
                together((first.content, other.content)),
                first.unfollowed or other.unfollowed,
            )
    return first


def _is_seamless(one: Field, two: Field, strands: tuple[Strand, ...], ended: Ended) -> bool:
    """Whether both are seamless, or one that includes everything that both read."""
    if one.seamless and two.seamless:
        return True
    return any(
        each.seamless and each.strands == strands and each.ended.span == ended.span
        for each in (one, two)
    )


def distinct(strands: Sequence[Strand]) -> tuple[Strand, ...]:
    """The strands, merged where one strand describes several.

    Raises `TooLong` if too many are left.
    """
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
