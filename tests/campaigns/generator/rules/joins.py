"""Rules of the operators that join several values."""

from __future__ import annotations

from netlang.ir.types import TensorType
from netlang.ops.merge import Add, Concat, Matmul, Max, Min, Mul, Sub
from netlang.ops.random import GaussianSample
from tests.campaigns.generator.draw import Draw
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.base import Join, is_float, join, places
from tests.campaigns.generator.rules.sequences import attention

__all__: list[str] = []


def _mates(draw: Draw, x: Value, count: int) -> tuple[TensorType, ...]:
    """Types that broadcast with `x` to its own."""
    squeezed = (
        x.type.with_shape(x.type.shape[0], *(1,) * (x.type.rank - 1)) if places(x) else x.type
    )
    return tuple(squeezed if draw.chance(0.25) else x.type for _ in range(count))


@join("add")
def _add(draw: Draw, x: Value) -> Join | None:
    return Join(Add(), _mates(draw, x, draw.pick((1, 1, 2, 3)))) if is_float(x) else None


@join("sub")
def _sub(draw: Draw, x: Value) -> Join | None:
    return Join(Sub(), _mates(draw, x, 1)) if is_float(x) else None


@join("mul")
def _mul(draw: Draw, x: Value) -> Join | None:
    return Join(Mul(), _mates(draw, x, draw.pick((1, 1, 1, 2)))) if is_float(x) else None


@join("max")
def _max(draw: Draw, x: Value) -> Join | None:
    return Join(Max(), _mates(draw, x, draw.pick((1, 1, 2)))) if is_float(x) else None


@join("min")
def _min(draw: Draw, x: Value) -> Join | None:
    return Join(Min(), _mates(draw, x, draw.pick((1, 1, 2)))) if is_float(x) else None


@join("gaussian_sample")
def _gaussian_sample(draw: Draw, x: Value) -> Join | None:
    return Join(GaussianSample(), (x.type,)) if is_float(x) else None


@join("concat")
def _concat(draw: Draw, x: Value) -> Join | None:
    if x.type.batch is None or not x.type.rank:
        return None
    axis = 0 if draw.chance(0.25) else draw.whole(-x.type.rank, x.type.rank - 1)
    others = []
    for _ in range(draw.pick((1, 1, 2))):
        wider = axis == 0 and is_float(x) and isinstance(x.type.shape[0], int) and x.type.rank > 1
        first = draw.whole(1, 6) if wider and places(x) and draw.chance(0.5) else x.type.shape[0]
        others.append(x.type.with_shape(first, *x.type.shape[1:]))
    return Join(Concat(axis=axis), tuple(others))


@join("matmul")
def _matmul(draw: Draw, x: Value) -> Join | None:
    if not is_float(x) or x.type.rank < 2:
        return None
    *front, rows, columns = x.type.shape
    return Join(Matmul(), (x.type.with_shape(*front, columns, rows),), ordered=draw.chance(0.8))


@join("multi_head_attention")
def _attention(draw: Draw, x: Value) -> Join | None:
    width = x.type.shape[1] if is_float(x) and x.type.rank == 2 else None
    if not isinstance(width, int):
        return None
    return Join(attention(draw, width), (x.type,) * draw.whole(1, 2))
