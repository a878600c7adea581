"""Repeats that grow steadily: what a value reads after many times, without visiting them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from netlang.analysis.fields.reads import Interval, Reads
from netlang.analysis.fields.state import Context, Field, ReadState, Strand, unknown_field
from netlang.records import replace

__all__ = ["LONGEST_TRANSIENT", "ahead", "forgotten", "is_steady"]

# A repeat whose field still grows unevenly after so many times is given a bound.
LONGEST_TRANSIENT = 64

_Field: TypeAlias = Field | None


def is_steady(states: Sequence[ReadState | None]) -> bool:
    """Whether every later time will add what the last one added.

    A state that recurs stays. If a field is one interval that grew equally at both ends in two
    times, each time takes the smaller end of what it adds to its own (offset and jump say
    everything) and of what comes from outside the repeat; since the field grows, the former stays
    the smaller.
    """
    if states[-1] == states[-2]:
        return True
    if len(states) < 3 or any(state is None for state in states):
        return False
    first, second, third = (state for state in states if state is not None)
    if not first.layout == second.layout == third.layout or third.pool != second.pool:
        return False
    triples = zip(first.fields, second.fields, third.fields, strict=True)
    return all(_grows_alike(*triple) for triple in triples)


def _grows_alike(first: _Field, second: _Field, third: _Field) -> bool:
    if second == third:
        return first == second
    if first is None or second is None or third is None:
        return False
    if _rest(first) != _rest(second) or _rest(second) != _rest(third):
        return False
    if _rise(first, second) != _rise(second, third):
        return False
    if any(len(field.strands) > 1 for field in (first, second, third)):
        return False
    if second.strands == third.strands:
        return first.strands == second.strands
    if not all(field.strands and field.strands[0].is_plain for field in (first, second, third)):
        return False
    one, two, three = (_only(field) for field in (first, second, third))
    if not one[0] == two[0] == three[0]:
        return False
    low, high = three[1][0] - two[1][0], three[1][1] - two[1][1]
    return low <= 0 <= high and (two[1][0] - one[1][0], two[1][1] - one[1][1]) == (low, high)


def _rest(field: Field) -> Field:
    """The part of a field that has to stay unchanged."""
    ends = (replace(end, width=0) for end in (field.ended, field.some, field.every))
    ended, some, every = ends
    return replace(field, strands=(), ended=ended, some=some, every=every)


def _rise(one: Field, two: Field) -> tuple[int, int, int]:
    return (
        two.ended.width - one.ended.width,
        two.some.width - one.some.width,
        two.every.width - one.every.width,
    )


def _only(field: Field) -> tuple[tuple[int, int], Interval]:
    """Part and jump, and the interval of place 0, of a plain strand."""
    ((part, reads),) = field.strands[0].terms
    interval = reads.at(0)
    assert interval is not None
    return (part, reads.advance), interval


def ahead(states: Sequence[ReadState | None], times: int) -> ReadState | None:
    """The state after so many more times."""
    before, after = states[-2:]
    if before is None or after is None or before == after:
        return after
    pairs = zip(before.fields, after.fields, strict=True)
    return replace(after, fields=tuple(_moved(old, new, times) for old, new in pairs))


def _moved(old: _Field, new: _Field, times: int) -> _Field:
    if old is None or new is None or old == new:
        return new
    ends = zip((new.ended, new.some, new.every), _rise(old, new), strict=True)
    ended, some, every = (replace(end, width=end.width + times * rise) for end, rise in ends)
    strands = new.strands
    if old.strands != strands:
        (part, jump), was = _only(old)
        _, now = _only(new)
        low, high = now[0] + times * (now[0] - was[0]), now[1] + times * (now[1] - was[1])
        strands = (Strand(((part, Reads(1, jump, ((low, high),))),)),)
    return replace(new, strands=strands, ended=ended, some=some, every=every, most=None)


def forgotten(state: ReadState | None, context: Context) -> ReadState | None:
    """What is known if no end of the growth can be seen: at most everything is read."""
    if state is None:
        return None
    fields = enumerate(state.fields)
    return replace(
        state,
        fields=tuple(field and unknown_field(field, source, context) for source, field in fields),
    )
