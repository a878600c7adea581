"""The rules of operators along one axis as functions of a place, at sizes that are numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from math import gcd
from typing import TypeAlias

from netlang.analysis.fields.reads import LONGEST, Taps, TooLong
from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Dim
from netlang.ir.nearest import MOST_PLACES, place_of, rounds
from netlang.ir.reach import (
    Cut,
    Grouped,
    Interpolated,
    Picked,
    Regions,
    Rolled,
    Shuffled,
    TransposedWindow,
    Window,
)

__all__ = ["Number", "taps_of"]

# What a size is, at the sizes that the analysis is for.
Number: TypeAlias = Callable[[Dim], int]


@singledispatch
def taps_of(rule: object, number: Number) -> Taps:
    """What a place reads by a rule."""
    raise InternalError(f"{type(rule).__name__} tells no taps: the receptive field needs them")


@taps_of.register(Window)
def _window(rule: Window, number: Number) -> Taps:
    first = -rule.before
    last = first + rule.dilation * (rule.kernel - 1)
    return Taps(1, rule.stride, (range(first, last + 1, rule.dilation),))


@taps_of.register(TransposedWindow)
def _transposed(rule: TransposedWindow, number: Number) -> Taps:
    """The kernel's taps k that come from a place."""
    if max(rule.stride, rule.kernel) > LONGEST:
        raise TooLong
    taps: list[list[int]] = [[] for _ in range(rule.stride)]
    for k in reversed(range(rule.kernel)):
        # Place o = stride i + dilation k - before: its phase, and i of the first such o.
        turns, phase = divmod(rule.dilation * k - rule.before, rule.stride)
        taps[phase].append(-turns)
    return Taps(rule.stride, 1, tuple(taps))


@taps_of.register(Cut)
def _cut(rule: Cut, number: Number) -> Taps:
    return Taps(1, rule.step, ((number(rule.start),),))


@taps_of.register(Regions)
def _regions(rule: Regions, number: Number) -> Taps:
    size, count = number(rule.size), number(rule.count)
    common = gcd(size, count)
    period = count // common
    if size > LONGEST or period > LONGEST:
        raise TooLong
    taps = tuple(range(o * size // count, -(-(o + 1) * size // count)) for o in range(period))
    return Taps(period, size // common, taps)


@taps_of.register(Interpolated)
def _interpolated(rule: Interpolated, number: Number) -> Taps:
    size, out = number(rule.size), number(rule.out)
    if rule.taps == 1 and rounds(size, out, single=rule.single):
        return _rounded(size, out, rule.single)
    # Place o stands at (first + step o) / whole of the input.
    if rule.align:
        first, step, whole = 0, size - 1, max(1, out - 1)
    elif rule.taps == 1:
        first, step, whole = 0, size, out
    else:
        first, step, whole = size - out, 2 * size, 2 * out
    common = gcd(step, whole)
    period = whole // common
    if period > LONGEST:
        raise TooLong
    around = (_around(first + o * step, whole, rule.taps) for o in range(period))
    return Taps(period, step // common, tuple(around))


def _rounded(size: int, out: int, single: bool) -> Taps:
    """Each place on its own."""
    if out > MOST_PLACES:
        raise TooLong
    places = (place_of(o, size, out, single=single) for o in range(out))
    return Taps(out, size, tuple(range(place, place + 1) for place in places))


def _around(place: int, whole: int, taps: int) -> range:
    """The elements around place / whole; an exact element has the whole weight."""
    below, rest = divmod(place, whole)
    if taps == 1 or not rest:
        return range(below, below + 1)
    return range(below - taps // 2 + 1, below + taps // 2 + 1)


@taps_of.register(Grouped)
def _grouped(rule: Grouped, number: Number) -> Taps:
    if rule.made > LONGEST:
        raise TooLong
    return Taps(rule.made, rule.read, (range(rule.read),) * rule.made)


@taps_of.register(Shuffled)
def _shuffled(rule: Shuffled, number: Number) -> Taps:
    if rule.size > LONGEST:
        raise TooLong
    each = rule.size // rule.groups
    places = ((o % rule.groups) * each + o // rule.groups for o in range(rule.size))
    return Taps(rule.size, rule.size, tuple((place,) for place in places))


@taps_of.register(Rolled)
def _rolled(rule: Rolled, number: Number) -> Taps:
    size = number(rule.size)
    if size > LONGEST:
        raise TooLong
    return Taps(size, size, tuple(((place - rule.shift) % size,) for place in range(size)))


@taps_of.register(Picked)
def _picked(rule: Picked, number: Number) -> Taps:
    size, count = number(rule.size), len(rule.places)
    if count > LONGEST:
        raise TooLong
    return Taps(count, size, tuple((place % size,) for place in rule.places))
