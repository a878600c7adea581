"""The rules of operators along one axis as functions of a place, at sizes that are numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch
from itertools import pairwise
from math import gcd
from typing import TypeAlias

from netlang.analysis.fields.reads import LONGEST, Taps, TooLong
from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Dim
from netlang.ir.reach import (
    Blocks,
    Cut,
    Grid,
    Grouped,
    Interpolated,
    Regions,
    Shuffled,
    TransposedWindow,
    Window,
)

__all__ = [
    "Number", "ends_of", "is_seamless", "leaves_empty", "leaves_out", "reads_beyond", "reads_none",
    "taps_of",
]  # fmt: skip

# What a size is, at the sizes that the analysis is for.
Number: TypeAlias = Callable[[Dim], int]


@singledispatch
def taps_of(rule: object, number: Number) -> Taps:
    """What a place reads by a rule."""
    raise InternalError(f"{type(rule).__name__} tells no taps: the receptive field needs them")


def leaves_out(rule: object) -> bool:
    """Whether there may be places that no output place reads."""
    if isinstance(rule, Cut):
        return not rule.every
    if isinstance(rule, Window):
        return rule.stride > rule.kernel
    return isinstance(rule, Interpolated)


def reads_beyond(taps: Taps, size: int, out: int) -> bool:
    """Whether some of `out` places read before or behind the `size` places that there are."""
    first, last = _taps(taps, 0), _taps(taps, out - 1)
    return (bool(first) and first[0] < 0) or (bool(last) and last[-1] >= size)


def is_seamless(taps: Taps, size: int, out: int) -> bool:
    """Whether `out` places read all of `size` places without gaps, none before its neighbour's."""
    if not out or not all(_is_whole(each) for each in taps.taps):
        return False
    if taps.period == 1:
        (own,) = taps.taps
        skips = taps.advance > own[-1] - own[0] + 1
        return not skips and own[0] <= 0 and own[-1] + taps.advance * (out - 1) >= size - 1
    if _taps(taps, 0)[0] > 0 or _taps(taps, out - 1)[-1] < size - 1:
        return False
    turn = [_taps(taps, place) for place in range(min(out, taps.period + 1))]
    return all(
        one[0] <= two[0] <= one[-1] + 1 and one[-1] <= two[-1] for one, two in pairwise(turn)
    )


def leaves_empty(taps: Taps, size: int, out: int) -> bool:
    """Whether some of `out` places read none of the `size` that there are."""
    if not all(taps.taps):
        return True
    if all(_is_whole(each) for each in taps.taps):
        # Of taps without gaps those at both ends are the farthest out.
        places = {*range(min(out, taps.period)), *range(max(0, out - taps.period), out)}
        return any(_is_outside(_taps(taps, place), size) for place in places)
    return not all(_some_within(_taps(taps, place), size) for place in range(out))


def reads_none(taps: Taps, size: int, out: int) -> bool:
    """Whether none of `out` places reads any of the `size` that there are; taps are of a window.

    False as well where that would take too long to find out: dilation beyond the whole input.
    """
    (own,) = taps.taps
    assert isinstance(own, range)
    # The places whose taps begin before the end of the input and end behind its start.
    first = max(0, -(own[-1] // taps.advance))
    last = min(out - 1, (size - 1 - own[0]) // taps.advance)
    if first > last or own.step <= size:
        return first > last
    # After so many places taps lie alike beside the input.
    last = min(last, first + own.step // gcd(own.step, taps.advance) - 1)
    if last - first >= LONGEST:
        return False
    return not any(_some_within(_taps(taps, place), size) for place in range(first, last + 1))


def _some_within(taps: Sequence[int], size: int) -> bool:
    if not isinstance(taps, range):
        return any(0 <= tap < size for tap in taps)
    # The first that isn't before place 0.
    first = max(taps.start, taps.start % taps.step)
    return first < min(size, taps.stop)


def _is_outside(taps: Sequence[int], size: int) -> bool:
    return taps[-1] < 0 or taps[0] >= size


def ends_of(taps: Taps, size: int, out: int) -> tuple[bool, bool]:
    """Whether the first and the last of `out` places read the first and the last of `size`."""
    if taps.period == 1:
        (own,) = taps.taps
        return 0 in own, size - 1 - taps.advance * (out - 1) in own
    return 0 in _taps(taps, 0), size - 1 in _taps(taps, out - 1)


def _is_whole(taps: Sequence[int]) -> bool:
    """Whether taps, in ascending order, leave none out between them."""
    if isinstance(taps, range):
        return bool(taps) and (taps.step == 1 or taps[0] == taps[-1])
    return bool(taps) and taps[-1] - taps[0] == len(taps) - 1


def _taps(taps: Taps, place: int) -> Sequence[int]:
    """What a place reads."""
    turn, phase = divmod(place, taps.period)
    moved = taps.advance * turn
    own = taps.taps[phase]
    if isinstance(own, range):
        return range(own.start + moved, own.stop + moved, own.step)
    return [tap + moved for tap in own]


@taps_of.register
def _window(rule: Window, number: Number) -> Taps:
    first = -rule.before
    last = first + rule.dilation * (rule.kernel - 1)
    return Taps(1, rule.stride, (range(first, last + 1, rule.dilation),))


@taps_of.register
def _transposed(rule: TransposedWindow, number: Number) -> Taps:
    """Of the taps k of the kernel those that come from a place."""
    if max(rule.stride, rule.kernel) > LONGEST:
        raise TooLong
    taps: list[list[int]] = [[] for _ in range(rule.stride)]
    for k in reversed(range(rule.kernel)):
        # Place o = stride i + dilation k - before: its phase, and i of the first such o.
        turns, phase = divmod(rule.dilation * k - rule.before, rule.stride)
        taps[phase].append(-turns)
    return Taps(rule.stride, 1, tuple(taps))


@taps_of.register
def _cut(rule: Cut, number: Number) -> Taps:
    return Taps(1, rule.step, ((number(rule.start),),))


@taps_of.register
def _regions(rule: Regions, number: Number) -> Taps:
    size, count = number(rule.size), number(rule.count)
    common = gcd(size, count)
    period = count // common
    if size > LONGEST or period > LONGEST:
        raise TooLong
    taps = tuple(range(o * size // count, -(-(o + 1) * size // count)) for o in range(period))
    return Taps(period, size // common, taps)


@taps_of.register
def _interpolated(rule: Interpolated, number: Number) -> Taps:
    size, out = number(rule.size), number(rule.out)
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


def _around(place: int, whole: int, taps: int) -> range:
    """The elements around place / whole; an element itself has the whole weight."""
    below, rest = divmod(place, whole)
    if taps == 1 or not rest:
        return range(below, below + 1)
    return range(below - taps // 2 + 1, below + taps // 2 + 1)


@taps_of.register
def _blocks(rule: Blocks, number: Number) -> Taps:
    width = rule.width
    if width * width > LONGEST:
        raise TooLong
    starts = ((o - rule.shift) // width * width + rule.shift for o in range(width))
    return Taps(width, width, tuple(range(start, start + width) for start in starts))


@taps_of.register
def _grid(rule: Grid, number: Number) -> Taps:
    size = number(rule.size)
    step = size // rule.count
    if size > LONGEST:
        raise TooLong
    return Taps(step, 0, tuple(range(o, size, step) for o in range(step)))


@taps_of.register
def _grouped(rule: Grouped, number: Number) -> Taps:
    if rule.made > LONGEST:
        raise TooLong
    return Taps(rule.made, rule.read, (range(rule.read),) * rule.made)


@taps_of.register
def _shuffled(rule: Shuffled, number: Number) -> Taps:
    if rule.size > LONGEST:
        raise TooLong
    each = rule.size // rule.groups
    places = ((o % rule.groups) * each + o // rule.groups for o in range(rule.size))
    return Taps(rule.size, rule.size, tuple((place,) for place in places))
