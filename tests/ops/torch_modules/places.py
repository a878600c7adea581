"""What moves, chooses and compares elements, as torch has it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from netlang.ir.op import Op
from netlang.ir.types import TensorType, Types
from netlang.ops import compare, places, shuffle, unfold
from tests.ops.torch_modules.base import Applied, build, torch_axis

__all__: list[str] = []


def _dim(axis: int, x: TensorType) -> int:
    return axis if x.batch is None else torch_axis(axis)


def _listed(given: int | tuple[int, ...]) -> list[int]:
    return [given] if isinstance(given, int) else list(given)


@build.register
def _(op: places.Roll, inputs: Types) -> nn.Module:
    dims = [_dim(axis, inputs[0]) for axis in _listed(op.axes)]
    return Applied(lambda x: torch.roll(x, _listed(op.shift), dims))


@build.register
def _(op: places.Gather, inputs: Types) -> nn.Module:
    dim = _dim(op.axis, inputs[0])

    def chosen(x: Tensor) -> Tensor:
        taken = [x.select(dim, place) for place in _listed(op.at)]
        return taken[0] if isinstance(op.at, int) else torch.stack(taken, dim)

    return Applied(chosen)


@build.register
def _(op: places.Expand, inputs: Types) -> nn.Module:
    shape = [int(str(size)) for size in op.shape]
    if inputs[0].batch is None:
        return Applied(lambda x: x.expand(shape))
    # In front of the batch there is no place for an axis.
    return Applied(lambda x: torch.stack([each.expand(shape) for each in x]))


@build.register
def _(op: places.Cumsum, inputs: Types) -> nn.Module:
    return Applied(lambda x: torch.cumsum(x, _dim(op.axis, inputs[0])))


@build.register
def _(op: shuffle.PixelUnshuffle, inputs: Types) -> nn.Module:
    return nn.PixelUnshuffle(op.factor)


@build.register
def _(op: unfold.Unfold, inputs: Types) -> nn.Module:
    return nn.Unfold(op.kernel, op.dilation, op.pad, op.stride)


@build.register
def _(op: unfold.Fold, inputs: Types) -> nn.Module:
    size = [int(str(each)) for each in op.size]
    return nn.Fold((size[0], size[1]), op.kernel, op.dilation, op.pad, op.stride)


_COMPARISONS: dict[type[Op], Callable[..., Tensor]] = {
    compare.Equal: torch.eq,
    compare.NotEqual: torch.ne,
    compare.Less: torch.lt,
    compare.LessEqual: torch.le,
    compare.Greater: torch.gt,
    compare.GreaterEqual: torch.ge,
}


def _compared(op: compare.Comparison, inputs: Types) -> nn.Module:
    function = _COMPARISONS[type(op)]
    return Applied(lambda *values: function(*values, *([] if op.to is None else [op.to])))


for _class in _COMPARISONS:
    build.register(_class, _compared)


@build.register
def _(op: compare.Where, inputs: Types) -> nn.Module:
    return Applied(torch.where)
