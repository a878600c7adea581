"""Listed numbers that are the coordinates of a grid: the axes say them all."""

from __future__ import annotations

from itertools import product
from typing import TypeAlias

from netlang.ir.numbers.provenance import origin_of
from netlang.ops.linear import extent_of

__all__ = ["Axes", "axes_of"]

# Fewer numbers are as clear in a list.
_FEWEST = 32

Axes: TypeAlias = tuple[tuple[object, ...], ...]


def axes_of(values: object) -> Axes | None:
    """The axes of the grid whose places `values` list, if they do.

    The last axis of `values` has a coordinate for each of the others, except that those of length
    1 in front may be more. Numbers with another origin are other ones.
    """
    shape = extent_of(values)
    if len(shape) < 3 or not 2 <= shape[-1] < len(shape):
        return None
    *front, last = shape
    ones, sizes = front[:-last], front[-last:]
    if any(size != 1 for size in ones):
        return None
    places = values
    for _ in ones:
        places = _item(places, 0)
    first = (0,) * last
    axes = tuple(
        tuple(_at(places, (*first[:axis], i, *first[axis + 1 :], axis)) for i in range(size))
        for axis, size in enumerate(sizes)
    )
    total, listed = last, sum(sizes)
    for size in sizes:
        total *= size
    if total < _FEWEST or total < 2 * listed:
        return None
    whole = all(
        _same(_at(places, (*place, axis)), axes[axis][place[axis]])
        for place in product(*map(range, sizes))
        for axis in range(last)
    )
    return axes if whole else None


def _item(values: object, index: int) -> object:
    assert isinstance(values, tuple)
    found: object = values[index]
    return found


def _at(values: object, place: tuple[int, ...]) -> object:
    for index in place:
        values = _item(values, index)
    return values


def _same(one: object, other: object) -> bool:
    return repr(one) == repr(other) and origin_of(one) == origin_of(other)
