"""What the analysis tells of a single element."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.analysis.fields.reads import Interval, hull
from netlang.analysis.fields.rules.taps import Number
from netlang.analysis.fields.state import ReadState

__all__ = ["by_windows", "told"]


def told(
    state: ReadState | None, source: int, element: Sequence[int], number: Number
) -> Interval | None:
    """What an element is said to read, borders left out."""
    field = state.fields[source] if state else None
    if state is None or field is None:
        return None
    return hull((by_windows(state, source, element, number), field.ended.span))


def by_windows(
    state: ReadState, source: int, element: Sequence[int], number: Number
) -> Interval | None:
    """What it is said to read through windows alone."""
    field = state.fields[source]
    if field is None:
        return None
    places = _by_part(state, element, number)
    found: list[Interval | None] = []
    for strand in field.strands:
        read = [reads.at(places[part]) for part, reads in strand.terms]
        if all(read):
            found.append((sum(r[0] for r in read if r), sum(r[1] for r in read if r)))
    return hull(found)


def _by_part(state: ReadState, element: Sequence[int], number: Number) -> list[int]:
    """The place of an element along each part of each axis."""
    found: list[int] = []
    for place, parts in zip(element, state.layout, strict=True):
        rest, own = place, []
        for size in map(number, reversed(parts)):
            rest, digit = divmod(rest, size)
            own.append(digit)
        found += own[::-1]
    return found
