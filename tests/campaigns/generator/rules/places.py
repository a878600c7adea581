"""Rules of the operators that move, choose and compare elements."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ops.compare import (
    Comparison,
    Equal,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    NotEqual,
)
from netlang.ops.places import Cumsum, Expand, Gather, Roll
from netlang.ops.rms_norm import RmsNorm
from netlang.ops.shuffle import PixelUnshuffle
from netlang.ops.unfold import Fold, Unfold
from tests.campaigns.generator.draw import Draw, divisors
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.base import channels, is_float, step

__all__ = ["COMPARISONS", "comparison", "fold_of"]

COMPARISONS: tuple[type[Comparison], ...] = (
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
)


def comparison(draw: Draw, x: Value, *, number: bool) -> Comparison:
    """A comparison with a number or of two values; floats are hardly ever equal."""
    kind = draw.pick(COMPARISONS)
    exact = kind in (Equal, NotEqual) and x.type.dtype.is_float
    if not number:
        # Whether floats are equal is decided by roundings that no disturbed run repeats.
        return Less() if exact else kind()
    if exact:
        return kind(to=0.123)
    return kind(to=draw.whole(-4, 4) / 4 if x.type.dtype.is_float else float(draw.whole(0, 2)))


def _written(draw: Draw, axis: int, rank: int) -> int:
    return axis - rank if draw.chance(0.3) else axis


@step("rms_norm")
def _rms_norm(draw: Draw, x: Value) -> Op | None:
    fixed = [axis for axis, dim in enumerate(x.type.shape) if isinstance(dim, int)]
    if not is_float(x) or not fixed:
        return None
    some = draw.shuffled(fixed)[: draw.whole(1, min(len(fixed), 2))]
    found = tuple(_written(draw, axis, x.type.rank) for axis in some)
    axes = found[0] if len(found) == 1 else found
    return RmsNorm(axes=axes, eps=draw.near(1e-3), affine=draw.chance(0.7))


@step("pixel_unshuffle")
def _pixel_unshuffle(draw: Draw, x: Value) -> Op | None:
    if x.type.batch is None or x.type.rank != 3:
        return None
    height, width = (draw.size(dim) for dim in x.type.spatial)
    common = [factor for factor in divisors(height) if width % factor == 0]
    return PixelUnshuffle(factor=draw.pick(common[:3]))


@step("roll")
def _roll(draw: Draw, x: Value) -> Op | None:
    if not x.type.rank:
        return None
    some = draw.shuffled(range(x.type.rank))[: draw.whole(1, min(x.type.rank, 2))]
    axes = tuple(_written(draw, axis, x.type.rank) for axis in some)
    shift = tuple(draw.whole(-12, 12) for _ in some)
    return Roll(shift=shift[0], axes=axes[0]) if len(axes) == 1 else Roll(shift=shift, axes=axes)


@step("gather")
def _gather(draw: Draw, x: Value) -> Op | None:
    if not x.type.rank:
        return None
    axis = draw.whole(0, x.type.rank - 1)
    size = draw.size(x.type.shape[axis])
    places = tuple(draw.whole(-size, size - 1) for _ in range(draw.whole(1, 5)))
    at = places[0] if draw.chance(0.3) else places
    return Gather(at=at, axis=_written(draw, axis, x.type.rank))


@step("expand")
def _expand(draw: Draw, x: Value) -> Op | None:
    # A symbol has no name in a block, and none that the generator knows elsewhere.
    if 1 not in x.type.shape or not all(isinstance(dim, int) for dim in x.type.shape):
        return None
    return Expand(shape=tuple(draw.whole(1, 5) if dim == 1 else dim for dim in x.type.shape))


@step("cumsum")
def _cumsum(draw: Draw, x: Value) -> Op | None:
    if not x.type.dtype.is_float or not x.type.rank:
        return None
    return Cumsum(axis=_written(draw, draw.whole(0, x.type.rank - 1), x.type.rank))


@step("unfold")
def _unfold(draw: Draw, x: Value) -> Op | None:
    if channels(x) is None or x.type.rank != 3:
        return None
    kernel, stride, pad, dilation = ([1, 1] for _ in range(4))
    for axis, dim in enumerate(x.type.spatial):
        size = draw.size(dim)
        kernel[axis], stride[axis] = draw.whole(1, min(3, size)), draw.whole(1, 3)
        pad[axis] = draw.whole(0, 1)
        dilation[axis] = draw.whole(1, 2) if 2 * kernel[axis] <= size else 1
    return Unfold(
        kernel=draw.per_axis(kernel),
        stride=draw.per_axis(stride),
        pad=draw.per_axis(pad),
        dilation=draw.per_axis(dilation),
    )


def fold_of(op: Unfold, x: Value) -> Fold:
    """The way back to the size of `x`."""
    return Fold(
        size=x.type.spatial, kernel=op.kernel, stride=op.stride, pad=op.pad, dilation=op.dilation
    )
