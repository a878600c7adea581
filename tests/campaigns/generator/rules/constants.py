"""Rules of constants: tensors of given numbers that broadcast to the current value."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ops.constants import Arange, Eye, Full, Linspace, Listed, Ones, WindowOffsets, Zeros
from tests.campaigns.generator.draw import Draw
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.base import SOURCES, is_float

__all__ = ["narrowed"]

_MOST = 60


def narrowed(draw: Draw, x: Value) -> tuple[int, ...]:
    """A shape that broadcasts to `x`: some axes are 1, some in front are missing."""
    return tuple(
        dim if isinstance(dim, int) and draw.chance(0.7) else 1
        for dim in x.type.shape[draw.whole(0, x.type.rank - 1) :]
    )


def _last(draw: Draw, x: Value) -> int:
    """As many elements as the last axis has, or one."""
    last = x.type.shape[-1]
    return last if isinstance(last, int) and draw.chance(0.8) else 1


def _listed(draw: Draw, x: Value) -> Op | None:
    if not is_float(x) or not x.type.rank:
        return None
    shape = narrowed(draw, x)
    count = 1
    for size in shape:
        count *= size
    if count > _MOST:
        shape = (1,)
    return Listed(values=_rows(draw, shape), persistent=draw.chance(0.3))


def _rows(draw: Draw, shape: tuple[int, ...]) -> tuple[object, ...]:
    if len(shape) == 1:
        return tuple(draw.near(0.5) for _ in range(shape[0]))
    return tuple(_rows(draw, shape[1:]) for _ in range(shape[0]))


def _arange(draw: Draw, x: Value) -> Op | None:
    if not is_float(x) or not x.type.rank:
        return None
    start, step = draw.whole(-3, 3), draw.pick((-2, 1, 1, 3))
    kept = draw.chance(0.3)
    return Arange(size=_last(draw, x), start=start, step=step, dtype="float", persistent=kept)


def _linspace(draw: Draw, x: Value) -> Op | None:
    if not is_float(x) or not x.type.rank:
        return None
    kept = draw.chance(0.3)
    return Linspace(
        start=-draw.near(1.0), stop=draw.near(1.0), size=_last(draw, x), persistent=kept
    )


def _full(draw: Draw, x: Value) -> Op | None:
    if not is_float(x) or not x.type.rank:
        return None
    return Full(shape=narrowed(draw, x), value=draw.near(0.5), persistent=draw.chance(0.3))


def _zeros(draw: Draw, x: Value) -> Op | None:
    if not is_float(x) or not x.type.rank:
        return None
    return Zeros(shape=narrowed(draw, x), persistent=draw.chance(0.3))


def _ones(draw: Draw, x: Value) -> Op | None:
    if not is_float(x) or not x.type.rank:
        return None
    return Ones(shape=narrowed(draw, x), persistent=draw.chance(0.3))


def _square(x: Value, most: int) -> int:
    """As many rows and columns as the last two axes have, if these are equal; else one of each."""
    last = x.type.shape[-1]
    equal = x.type.rank > 1 and x.type.shape[-2] == last
    return last if isinstance(last, int) and equal and last <= most else 1


def _eye(draw: Draw, x: Value) -> Op | None:
    if not is_float(x) or x.type.rank < 2:
        return None
    return Eye(size=_square(x, _MOST), persistent=draw.chance(0.3))


def _window_offsets(draw: Draw, x: Value) -> Op | None:
    if not is_float(x) or x.type.rank < 2:
        return None
    places = _square(x, 8)
    high = draw.pick([size for size in range(1, places + 1) if places % size == 0])
    kept = draw.chance(0.3)
    return WindowOffsets(window=(high, places // high), dtype="float", persistent=kept)


SOURCES["constant"] = _listed
SOURCES["arange"] = _arange
SOURCES["linspace"] = _linspace
SOURCES["full"] = _full
SOURCES["zeros"] = _zeros
SOURCES["ones"] = _ones
SOURCES["eye"] = _eye
SOURCES["window_offsets"] = _window_offsets
