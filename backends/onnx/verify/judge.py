"""How far values are apart, and whether rounding explains it."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

from netlang.ir.types import DType
from netlang.records import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Distance", "allowed", "apart", "measured"]

# Times PyTorch's own rounding that another order of the same sums may give.
_ORDERS = 32
_FLOORS = {DType.FLOAT64: 1e-12, DType.FLOAT16: 1e-2, DType.BFLOAT16: 1e-1}
_FLOOR = 1e-5
# What is lost where as many numbers as the square of a factor are added one after the other, as
# ONNX Runtime does in pools, and PyTorch in pairs: it grows with the root of their number (Higham
# 1993, The accuracy of floating point summation).
_SUMMED = 8 * 2.0**-24


class Distance(Record):
    """The distances from PyTorch in double precision, as shares of the largest value.

    `found` is that of the file, `rounding` that of PyTorch in a precision that rounds: the net's
    own, and float32 for a net of float64. It is None if that isn't a measure and `found` is the
    distance from PyTorch in the net's own precision.
    """

    found: float
    rounding: float | None


def measured(
    found: NDArray[Any], rounded: NDArray[Any], double: NDArray[Any] | None, floats: DType
) -> Distance:
    """The distance of a file's value, given PyTorch's in one that rounds and in double.

    Where the precision of a net of type `floats` overflows, the file is judged by that.
    """
    if double is None:
        return Distance(apart(found, rounded), None)
    rounding = apart(rounded, double)
    if rounding < float("inf"):
        return Distance(apart(found, double), rounding)
    if floats is DType.FLOAT64:  # it is float32 that overflows
        return Distance(apart(found, double), 0.0)
    return Distance(apart(found, rounded), None)


def allowed(rounding: float | None, floats: DType, summed: int = 1) -> float:
    """The largest distance that rounding explains in a net of type `floats`.

    The value, or one that it comes from, is a sum of up to `summed` numbers without weights.
    """
    floor = _FLOORS.get(floats, max(_FLOOR, _SUMMED * sqrt(summed)))
    return max(floor, _ORDERS * rounding) if rounding is not None else 10 * floor


def apart(found: NDArray[Any], expected: NDArray[Any]) -> float:
    """max|a - b| as a share of max|b|; infinite where one is infinite or NaN and the other isn't.

    Of whole numbers and truth values, the share that differs.
    """
    import numpy as np

    if expected.size == 0:
        return 0.0
    if expected.dtype.kind not in "fV" and found.dtype.kind not in "fV":
        return float(np.mean(found != expected))
    a, b = found.astype(np.float64), expected.astype(np.float64)
    with np.errstate(invalid="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        finite = np.isfinite(a) & np.isfinite(b)
    if not (same | finite).all():
        return float("inf")
    scale = float(np.abs(b[finite]).max(initial=0)) or 1.0
    return float(np.abs(np.subtract(a, b, out=np.zeros_like(a), where=~same)).max()) / scale
