"""Which neighbouring axes a reshape turns into which others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

__all__ = ["groups"]


def groups(
    before: Sequence[int], after: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The smallest groups of axes with equally many elements; axes of size 1 are single."""
    yield from (((axis,), ()) for axis, size in enumerate(before) if size == 1)
    yield from (((), (axis,)) for axis, size in enumerate(after) if size == 1)
    old = [axis for axis, size in enumerate(before) if size != 1]
    new = [axis for axis, size in enumerate(after) if size != 1]
    while old:
        left, right = _as_many([before[a] for a in old], [after[a] for a in new])
        yield tuple(old[:left]), tuple(new[:right])
        old, new = old[left:], new[right:]


def _as_many(before: Sequence[int], after: Sequence[int]) -> tuple[int, int]:
    """How many of the first sizes on both sides have the same product."""
    left, right = 1, 1
    while (one := prod(before[:left])) != (two := prod(after[:right])):
        if one < two:
            left += 1
        else:
            right += 1
    return left, right
