"""Normalisations as torch modules."""

from __future__ import annotations

from torch import nn
from torch.nn import functional

from netlang.ir.types import Types
from netlang.ops import frozen_norm, norm, response_norm, rms_norm, switchable_norm, vector
from tests.analysis.oracles import torchvision_models
from tests.ops.torch_modules.base import Applied, Around, build, by_rank, channels, torch_axis
from tests.ops.torch_modules.switchable import Switchable

__all__: list[str] = []


@build.register
def _(op: norm.BatchNorm, inputs: Types) -> nn.Module:
    rank = max(inputs[0].rank - 1, 1)
    module: type[nn.Module] = getattr(nn, f"BatchNorm{rank}d")
    return module(channels(inputs), op.eps, op.momentum, op.affine)


@build.register
def _(op: frozen_norm.FrozenBatchNorm, inputs: Types) -> nn.Module:
    torchvision_models()
    from torchvision.ops.misc import FrozenBatchNorm2d

    # torchvision's is for images alone, so everything becomes one.
    shape = [int(str(size)) for size in inputs[0].shape]
    return Around(
        FrozenBatchNorm2d(channels(inputs), op.eps),
        lambda x: x.reshape(*x.shape[:2], -1, 1),
        lambda y: y.reshape(len(y), *shape),
    )


@build.register
def _(op: norm.LayerNorm, inputs: Types) -> nn.Module:
    x = inputs[0]
    axes = [axis % x.rank for axis in ((op.axes,) if isinstance(op.axes, int) else op.axes)]
    others = [axis for axis in range(x.rank) if axis not in axes]
    order = [0, *(axis + 1 for axis in others + axes)]
    inner = nn.LayerNorm([int(str(x.shape[axis])) for axis in axes], op.eps, op.affine, op.bias)
    back = [order.index(axis) for axis in range(x.rank + 1)]
    return Around(inner, lambda y: y.permute(order), lambda y: y.permute(back))


@build.register
def _(op: rms_norm.RmsNorm, inputs: Types) -> nn.Module:
    x = inputs[0]
    axes = [axis % x.rank for axis in ((op.axes,) if isinstance(op.axes, int) else op.axes)]
    others = [axis for axis in range(x.rank) if axis not in axes]
    order = [0, *(axis + 1 for axis in others + axes)]
    inner = nn.RMSNorm([int(str(x.shape[axis])) for axis in axes], op.eps, op.affine)
    back = [order.index(axis) for axis in range(x.rank + 1)]
    return Around(inner, lambda y: y.permute(order), lambda y: y.permute(back))


@build.register
def _(op: norm.GroupNorm, inputs: Types) -> nn.Module:
    return nn.GroupNorm(op.groups, channels(inputs), op.eps, op.affine)


@build.register
def _(op: norm.InstanceNorm, inputs: Types) -> nn.Module:
    return by_rank("InstanceNorm", inputs)(channels(inputs), op.eps, affine=op.affine)


@build.register
def _(op: response_norm.LocalResponseNorm, inputs: Types) -> nn.Module:
    return nn.LocalResponseNorm(op.size, op.alpha, op.beta, op.k)


@build.register
def _(op: switchable_norm.SwitchableNorm, inputs: Types) -> nn.Module:
    return Switchable(channels(inputs), op.eps, op.momentum)


@build.register
def _(op: vector.L2Normalize, inputs: Types) -> nn.Module:
    return Applied(lambda x: functional.normalize(x, dim=torch_axis(op.axis), eps=op.eps))
