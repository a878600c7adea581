"""All other operators as torch modules."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from netlang.ir.op import Op
from netlang.ir.types import Types
from netlang.ops import (
    activation,
    drop_connect,
    identity,
    layout,
    linear,
    merge,
    softmax,
    tensor,
    to_float,
    vector,
)
from netlang.ops import dropout as dropout_ops
from netlang.ops import random as random_ops
from tests.ops.torch_modules.base import Applied, build, channels, torch_axis

__all__: list[str] = []


@build.register
def _(op: linear.Linear, inputs: Types) -> nn.Module:
    module = nn.Linear(int(str(inputs[0].shape[-1])), op.out, bias=op.bias is not False)
    if op.weight is not None:
        module.weight = nn.Parameter(torch.tensor(op.weight))
    if isinstance(op.bias, tuple):
        module.bias = nn.Parameter(torch.tensor(op.bias))
    return module


_PLAIN: dict[type[Op], Callable[[], nn.Module]] = {
    activation.Relu: nn.ReLU,
    activation.Relu6: nn.ReLU6,
    activation.Sigmoid: nn.Sigmoid,
    activation.Tanh: nn.Tanh,
    activation.Silu: nn.SiLU,
    activation.HardSigmoid: nn.Hardsigmoid,
    activation.HardSwish: nn.Hardswish,
    identity.Identity: nn.Identity,
    dropout_ops.StochasticDepth: nn.Identity,  # in evaluation
}


def _plain(op: Op, inputs: Types) -> nn.Module:
    return _PLAIN[type(op)]()


for _class in _PLAIN:
    build.register(_class, _plain)


class _ToFloat(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.to(torch.get_default_dtype())


@build.register
def _(op: to_float.ToFloat, inputs: Types) -> nn.Module:
    return _ToFloat()


@build.register
def _(op: activation.LeakyRelu, inputs: Types) -> nn.Module:
    return nn.LeakyReLU(op.negative_slope)


@build.register
def _(op: activation.Elu, inputs: Types) -> nn.Module:
    return nn.ELU(op.alpha)


@build.register
def _(op: activation.Gelu, inputs: Types) -> nn.Module:
    return nn.GELU(approximate=op.approximate)


@build.register
def _(op: activation.Softplus, inputs: Types) -> nn.Module:
    return nn.Softplus(op.beta, op.threshold)


@build.register
def _(op: activation.Heaviside, inputs: Types) -> nn.Module:
    return Applied(lambda x: torch.heaviside(x, torch.tensor(op.at_zero, dtype=x.dtype)))


@build.register
def _(op: softmax.Softmax, inputs: Types) -> nn.Module:
    return nn.Softmax(torch_axis(op.along))


@build.register
def _(op: softmax.LogSoftmax, inputs: Types) -> nn.Module:
    return nn.LogSoftmax(torch_axis(op.along))


@build.register
def _(op: layout.Flatten, inputs: Types) -> nn.Module:
    return nn.Flatten(torch_axis(op.start), torch_axis(op.end))


@build.register
def _(op: layout.Reshape, inputs: Types) -> nn.Module:
    if inputs[0].batch is None:
        return Applied(lambda x: x.reshape(op.shape))
    return Applied(lambda x: x.reshape(x.shape[0], *op.shape))


@build.register
def _(op: dropout_ops.Dropout, inputs: Types) -> nn.Module:
    return nn.Dropout(op.p)


@build.register
def _(op: random_ops.GaussianSample, inputs: Types) -> nn.Module:
    return Applied(lambda mean, logvar: mean + 0 * logvar)


@build.register
def _(op: merge.Add, inputs: Types) -> nn.Module:
    return Applied(lambda *branches: sum(branches[1:], branches[0]))


@build.register
def _(op: merge.Sub, inputs: Types) -> nn.Module:
    return Applied(torch.sub)


def _folded(function: Callable[[Tensor, Tensor], Tensor]) -> nn.Module:
    def fold(first: Tensor, *others: Tensor) -> Tensor:
        for other in others:
            first = function(first, other)
        return first

    return Applied(fold)


@build.register
def _(op: merge.Mul, inputs: Types) -> nn.Module:
    return _folded(torch.mul)


@build.register
def _(op: merge.Max, inputs: Types) -> nn.Module:
    return _folded(torch.maximum)


@build.register
def _(op: merge.Min, inputs: Types) -> nn.Module:
    return _folded(torch.minimum)


@build.register
def _(op: merge.Concat, inputs: Types) -> nn.Module:
    return Applied(lambda *branches: torch.cat(_expanded(inputs, branches), torch_axis(op.axis)))


def _expanded(inputs: Types, branches: tuple[Tensor, ...]) -> list[Tensor]:
    """The branches, those without a batch repeated for each example of the others."""
    batches = [len(y) for x, y in zip(inputs, branches, strict=True) if x.batch is not None]
    return [
        y if x.batch is not None or not batches else torch.stack([y] * batches[0])
        for x, y in zip(inputs, branches, strict=True)
    ]


@build.register
def _(op: merge.Matmul, inputs: Types) -> nn.Module:
    return Applied(torch.matmul)


@build.register
def _(op: drop_connect.DropConnect, inputs: Types) -> nn.Module:
    # In evaluation.
    return nn.Linear(int(str(inputs[0].shape[-1])), op.out, bias=op.bias)


@build.register
def _(op: vector.Prelu, inputs: Types) -> nn.Module:
    return nn.PReLU(channels(inputs) if op.per_channel else 1, op.init)


@build.register
def _(op: vector.Maxout, inputs: Types) -> nn.Module:
    return Applied(lambda x: x.unflatten(1, (-1, op.pieces)).amax(2))


class Learned(nn.Module):
    """A parameter whose key is empty; torch has no such name, so the state is told here."""

    def __init__(self, value: Tensor, batch_axis: bool) -> None:
        super().__init__()
        self.value, self.batch_axis = nn.Parameter(value), batch_axis

    def state_dict(self, *_: object, **__: object) -> dict[str, Tensor]:  # type: ignore[override]  # one key
        return {"": self.value.detach()}

    def forward(self) -> Tensor:
        return self.value.detach().squeeze(0) if self.batch_axis else self.value


@build.register
def _(op: tensor.Parameter, inputs: Types) -> nn.Module:
    shape = [1] * op.batch_axis + [int(str(size)) for size in op.shape]
    start = torch.tensor(op.init).expand(shape).clone()
    start = torch.randn(shape) * op.std if op.std else start
    return Learned(start, op.batch_axis)


@build.register
def _(op: tensor.Embedding, inputs: Types) -> nn.Module:
    return nn.Embedding(op.words, op.size)


@build.register
def _(op: layout.Transpose, inputs: Types) -> nn.Module:
    axes = (op.axes,) if isinstance(op.axes, int) else op.axes
    return Applied(lambda x: x.permute(0, *(torch_axis(axis) for axis in axes)))
