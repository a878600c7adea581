"""What is read one way and also another: such a way tells nothing more.

The query of an attention within windows reads its own place, the keys all places of its window.
"""

from __future__ import annotations

from collections.abc import Sequence

from netlang.analysis.fields.reads import LONGEST, Interval, Reads
from netlang.analysis.fields.state import NOTHING, Field, Strand
from netlang.records import replace

__all__ = ["pruned", "without_covered"]

_STANDING = Reads(1, 0, ((0, 0),))


def pruned(field: Field, sizes: Sequence[int]) -> Field:
    """The field without strands that another strand covers, at parts of these sizes."""
    if len(field.strands) < 2:
        return field
    kept: list[Strand] = []
    for place, strand in enumerate(field.strands):
        others = (*kept, *field.strands[place + 1 :])
        if not any(_covers(other, strand, sizes) for other in others):
            kept.append(strand)
    return field if len(kept) == len(field.strands) else replace(field, strands=tuple(kept))


def without_covered(fields: Sequence[Field], sizes: Sequence[int]) -> list[Field]:
    """The fields without vague ones that a certain one covers.

    An element that reads one element of each then certainly reads what the certain one states.
    """
    vague = [field for field in fields if not _is_certain(field)]
    if not vague:
        return [*fields]
    found = [field for field in fields if _is_certain(field)]
    left: list[Field] = []
    for field in vague:
        for place, other in enumerate(found):
            if _is_within(field, other, sizes):
                ends = tuple(map(max, zip(field.ends, other.ends, strict=True)))
                folded = field.folded or other.folded
                found[place] = replace(other, ends=(ends[0], ends[1]), folded=folded)
                break
        else:
            left.append(field)
    return [*found, *left]


def _is_certain(field: Field) -> bool:
    """Whether every element reads all that is stated."""
    return not (field.bound or field.loose or field.uneven or field.lost or field.content)


def _is_within(field: Field, other: Field, sizes: Sequence[int]) -> bool:
    """Whether everything that a field states is stated by another."""
    return field.ended in (NOTHING, other.ended) and all(
        any(_covers(way, strand, sizes) for way in other.strands) for strand in field.strands
    )


def _covers(one: Strand, two: Strand, sizes: Sequence[int]) -> bool:
    """Whether every element reads by `one` all that it reads by `two`.

    The ends are sums over the parts, so each part is looked at alone.
    """
    mine, others = dict(one.terms), dict(two.terms)
    if not mine.keys() <= others.keys():
        return False
    below = above = 0
    for part, reads in two.terms:
        room = _room(mine.get(part, _STANDING), reads, sizes[part])
        if room is None:
            return False
        below, above = below + room[0], above + room[1]
    return below >= 0 >= above


def _room(one: Reads, two: Reads, size: int) -> Interval | None:
    """The least that `one` begins before `two`, and the most that it ends before it.

    None if some place doesn't read anything, or there are too many to look at.
    """
    if one.is_plain and two.is_plain:
        places = {0, size - 1}
    elif size <= LONGEST:
        places = set(range(size))
    else:
        return None
    low: list[int] = []
    high: list[int] = []
    for place in places:
        mine, own = one.at(place), two.at(place)
        if mine is None or own is None:
            return None
        low.append(own[0] - mine[0])
        high.append(own[1] - mine[1])
    return min(low), max(high)
