"""What rules of operators skip at the borders of a value and between the places they read.

Sizes are numbers: `size` places of an axis of the input, `out` of the output.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netlang.analysis.fields.reads import Taps
from netlang.ir.reach import Cut, Interpolated, Picked, Window

__all__ = ["ends_of", "is_seamless", "leaves_empty", "leaves_out", "reads_beyond"]


def leaves_out(rule: object) -> bool:
    """Whether there may be places that no output place reads."""
    if isinstance(rule, Window):
        return rule.stride > rule.kernel
    if isinstance(rule, Cut):
        return not rule.every
    return isinstance(rule, (Interpolated, Picked))


def reads_beyond(taps: Taps, size: int, out: int) -> bool:
    """Whether some of `out` places read before or after the `size` places that exist."""
    first, last = _taps(taps, 0), _taps(taps, out - 1)
    return (bool(first) and first[0] < 0) or (bool(last) and last[-1] >= size)


def is_seamless(taps: Taps, size: int, out: int) -> bool:
    """Whether `out` places read all of `size` places without gaps, none before its neighbour's."""
    if not out or not all(map(_is_whole, taps.taps)):
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
    """Whether some of `out` places read none of the `size` places that exist."""
    if not all(taps.taps):
        return True
    if all(_is_whole(each) for each in taps.taps):
        # Of taps without gaps those at both ends are the farthest out.
        places = {*range(min(out, taps.period)), *range(max(0, out - taps.period), out)}
        return any(_is_outside(_taps(taps, place), size) for place in places)
    return not all(_some_within(_taps(taps, place), size) for place in range(out))


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
    """Whether taps, in ascending order, skip none between them."""
    if isinstance(taps, range):
        return bool(taps) and (taps.step == 1 or taps[0] == taps[-1])
    return bool(taps) and taps[-1] - taps[0] == len(taps) - 1


def _taps(taps: Taps, place: int) -> Sequence[int]:
    """The taps of a place."""
    turn, phase = divmod(place, taps.period)
    moved = taps.advance * turn
    own = taps.taps[phase]
    if isinstance(own, range):
        return range(own.start + moved, own.stop + moved, own.step)
    return [tap + moved for tap in own]
