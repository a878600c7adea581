"""Which element `nearest` interpolation takes: floor(i in/out), rounded as in PyTorch.

PyTorch computes in/out and its product with i in single precision (in/out in double precision in a
net of float64), and rounds the product to single precision before it takes the floor (`floorf` in
aten/src/ATen/native/cpu/UpSampleKernel.cpp). If the ratio is rounded down, the result is one
element too low where i in/out is whole: place 41 of 30 elements enlarged 41 times is element 0, not
1.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor, gcd
from struct import pack, unpack

__all__ = ["MOST_PLACES", "falls_short", "place_of", "rounds"]

# Up to this many places are checked one by one.
MOST_PLACES = 1 << 13
# Half the distance from 1 to the number before it, in single precision.
_HALF = Fraction(1, 1 << 25)
# Numbers up to this one are represented to a half or better.
_LARGE = 1 << 23


def _single(number: float) -> float:
    """The number rounded to single precision."""
    (found,) = unpack("f", pack("f", number))
    return float(found)


def _step(size: int, out: int, single: bool) -> float:
    return _single(size / out) if single else size / out


def place_of(i: int, size: int, out: int, *, single: bool) -> int:
    """The element of `size` for place i of `out`."""
    return min(floor(_single(i * _step(size, out, single))), size - 1)


def falls_short(size: int, out: int, *, single: bool) -> bool:
    """Whether in/out is rounded down so far that a place may miss its exact element.

    m in/out (1 - e) is rounded to at least m for each whole m, if e is at most half the distance
    from 1 to the number below it.
    """
    return Fraction(_step(size, out, single)) * out < size * (1 - _HALF)


def rounds(size: int, out: int, *, single: bool) -> bool:
    """Whether some place takes another element than floor(i in/out).

    True also if there are too many places to check. If i in/out isn't whole, it is at least gcd(in,
    out)/out below a whole number.
    """
    if not falls_short(size, out, single=single) and size * (out // gcd(size, out)) < _LARGE:
        return False
    return out > MOST_PLACES or any(
        place_of(i, size, out, single=single) != i * size // out for i in range(out)
    )
