"""Rules of the operators that lay elements out in another way, and of maps of the last axis."""

from __future__ import annotations

from math import prod

from netlang.ir.op import Op
from netlang.ops.cut import Slice
from netlang.ops.drop_connect import DropConnect
from netlang.ops.layout import Flatten, Reshape, Transpose
from netlang.ops.linear import Linear
from netlang.ops.split import Split
from tests.campaigns.generator.draw import Draw, divisors
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.base import is_float, step

__all__: list[str] = []


@step("linear")
def _linear(draw: Draw, x: Value) -> Op | None:
    if not x.type.dtype.is_float or not x.type.rank or not isinstance(x.type.shape[-1], int):
        return None
    features, out = x.type.shape[-1], draw.whole(1, 12)
    if features * out <= 24 and draw.chance(0.3):
        rows = tuple(tuple(_written(draw) for _ in range(features)) for _ in range(out))
        bias = tuple(_written(draw) for _ in range(out)) if draw.chance(0.5) else draw.chance(0.5)
        return Linear(out=out, weight=rows, bias=bias)
    return Linear(out=out, bias=draw.chance(0.7))


@step("drop_connect")
def _drop_connect(draw: Draw, x: Value) -> Op | None:
    if not is_float(x) or not x.type.rank or not isinstance(x.type.shape[-1], int):
        return None
    return DropConnect(out=draw.whole(1, 12), p=draw.whole(0, 9) / 10, bias=draw.chance(0.7))


def _written(draw: Draw) -> float:
    return draw.whole(-8, 8) / 4


@step("flatten")
def _flatten(draw: Draw, x: Value) -> Op | None:
    if x.type.batch is None or not x.type.rank:
        return None
    rank = x.type.rank
    start = 0 if draw.chance(0.5) else draw.whole(0, rank - 1)
    end = rank - 1 if draw.chance(0.6) else draw.whole(start, rank - 1)
    signs = [axis - rank if draw.chance(0.3) else axis for axis in (start, end)]
    return Flatten(start=signs[0], end=-1 if end == rank - 1 else signs[1])


@step("reshape")
def _reshape(draw: Draw, x: Value) -> Op | None:
    if x.type.batch is None or not all(isinstance(dim, int) for dim in x.type.shape):
        return None
    left, sizes = prod(draw.shape(x.type)), []
    for _ in range(draw.whole(0, 3)):
        sizes.append(draw.pick(divisors(left)))
        left //= sizes[-1]
    return Reshape(shape=tuple(draw.shuffled([*sizes, left])))


@step("transpose")
def _transpose(draw: Draw, x: Value) -> Op | None:
    if x.type.batch is None or x.type.rank < 1:
        return None
    rank = x.type.rank
    order = draw.shuffled(range(rank))
    return Transpose(axes=tuple(axis - rank if draw.chance(0.2) else axis for axis in order))


@step("slice")
def _slice(draw: Draw, x: Value) -> Op | None:
    if x.type.batch is None or not x.type.rank:
        return None
    axis = draw.whole(0, x.type.rank - 1)
    size = draw.size(x.type.shape[axis])
    start = draw.whole(0, size // 2)
    stop = None if draw.chance(0.4) else draw.whole(start + 1, size)
    if start and draw.chance(0.3):
        start -= size
    if stop is not None and stop < size and draw.chance(0.4):
        stop -= size
    step_ = draw.pick((1, 1, 1, 2, 3))
    written = axis - x.type.rank if draw.chance(0.3) else axis
    return Slice(start=start, stop=stop, axis=written, step=step_)


@step("split")
def _split(draw: Draw, x: Value) -> Op | None:
    fixed = [axis for axis, dim in enumerate(x.type.shape) if isinstance(dim, int)]
    if x.type.batch is None or not fixed:
        return None
    axis = draw.pick(fixed)
    size = draw.size(x.type.shape[axis])
    written = axis - x.type.rank if draw.chance(0.3) else axis
    if draw.chance(0.5):
        return Split(size=draw.whole((size + 4) // 5, size), axis=written)
    first = draw.whole(1, size)
    parts = (first, size - first) if first < size else (size,)
    return Split(size=parts, axis=written)
