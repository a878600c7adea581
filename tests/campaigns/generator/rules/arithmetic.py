"""Rules of arithmetic with given numbers, elementary functions and reductions."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ops.elementary import Abs, Clamp, Cos, Exp, Log, Neg, Pow, Round, Rsqrt, Sin, Sqrt
from netlang.ops.reduce import Amax, Amin, Mean, Reduction, Sum
from netlang.ops.scale import Scale
from tests.campaigns.generator.draw import Draw
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.base import channels, step

__all__ = ["BOUNDED", "POSITIVE", "bounded", "positive"]

# Functions that are asked of values within bounds, and of positive ones, alone: see `elementary`.
BOUNDED = ("exp", "sin", "cos", "pow")
POSITIVE = ("log", "sqrt", "rsqrt", "pow")


def bounded(draw: Draw) -> Op:
    """A function for values between -1 and 1."""
    return draw.pick((Exp(), Sin(), Cos(), Pow(exponent=float(draw.whole(2, 3)))))


def positive(draw: Draw) -> Op:
    """A function for values well above 0."""
    exponent = draw.pick((-1.0, 1.0)) * draw.near(1.0, 3)
    return draw.pick((Log(), Sqrt(), Rsqrt(), Pow(exponent=exponent)))


@step("scale")
def _scale(draw: Draw, x: Value) -> Op | None:
    if not x.type.dtype.is_float:
        return None
    count = channels(x)
    by, offset = (_numbers(draw, count if draw.chance(0.3) else None) for _ in range(2))
    return Scale(by=by, offset=offset if draw.chance(0.6) else 0.0)


def _numbers(draw: Draw, count: int | None) -> float | tuple[float, ...]:
    if count is None:
        return draw.whole(-8, 8) / 4
    return tuple(draw.whole(-8, 8) / 4 for _ in range(count))


@step("abs")
def _abs(draw: Draw, x: Value) -> Op | None:
    return Abs() if x.type.dtype.is_float else None


@step("neg")
def _neg(draw: Draw, x: Value) -> Op | None:
    return Neg() if x.type.dtype.is_float else None


@step("round")
def _round(draw: Draw, x: Value) -> Op | None:
    return Round() if x.type.dtype.is_float else None


@step("clamp")
def _clamp(draw: Draw, x: Value) -> Op | None:
    if not x.type.dtype.is_float:
        return None
    low, high = draw.whole(-8, 2) / 8, draw.whole(3, 16) / 8
    kind = draw.whole(0, 2)
    return Clamp(min=low if kind != 1 else None, max=high if kind else None)


def _axes(draw: Draw, x: Value) -> tuple[int, ...]:
    rank = x.type.rank
    some = draw.shuffled(range(rank))[: draw.whole(1, min(rank, 2))]
    return tuple(axis - rank if draw.chance(0.3) else axis for axis in some)


def _reduced(draw: Draw, x: Value, kind: type[Reduction]) -> Op | None:
    if not x.type.dtype.is_float or not x.type.rank:
        return None
    found = _axes(draw, x)
    return kind(axes=found[0] if len(found) == 1 else found, keep=draw.chance(0.5))


@step("mean")
def _mean(draw: Draw, x: Value) -> Op | None:
    return _reduced(draw, x, Mean)


@step("sum")
def _sum(draw: Draw, x: Value) -> Op | None:
    return _reduced(draw, x, Sum)


@step("amax")
def _amax(draw: Draw, x: Value) -> Op | None:
    return _reduced(draw, x, Amax)


@step("amin")
def _amin(draw: Draw, x: Value) -> Op | None:
    return _reduced(draw, x, Amin)
