"""All other operators as torch modules."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from netlang.ir.op import Op
from netlang.ir.types import Types
from netlang.ops import (
    activation,
    attention,
    drop_connect,
    frozen_norm,
    layout,
    linear,
    merge,
    norm,
    recurrent,
    response_norm,
    softmax,
    switchable_norm,
    tensor,
    vector,
    window_attention,
)
from netlang.ops import dropout as dropout_ops
from netlang.ops import random as random_ops
from tests.analysis.oracles import torchvision_models
from tests.ops.torch_modules.base import Applied, Around, build, by_rank, channels, torch_axis
from tests.ops.torch_modules.switchable import Switchable

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
    merge.Identity: nn.Identity,
    dropout_ops.StochasticDepth: nn.Identity,  # in evaluation
}


def _plain(op: Op, inputs: Types) -> nn.Module:
    return _PLAIN[type(op)]()


for _class in _PLAIN:
    build.register(_class, _plain)


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
    return nn.Softmax(torch_axis(op.axis))


@build.register
def _(op: softmax.LogSoftmax, inputs: Types) -> nn.Module:
    return nn.LogSoftmax(torch_axis(op.axis))


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
def _(op: norm.LayerNorm, inputs: Types) -> nn.Module:
    x = inputs[0]
    axes = [axis % x.rank for axis in ((op.axes,) if isinstance(op.axes, int) else op.axes)]
    others = [axis for axis in range(x.rank) if axis not in axes]
    order = [0, *(axis + 1 for axis in others + axes)]
    inner = nn.LayerNorm([int(str(x.shape[axis])) for axis in axes], op.eps, op.affine, op.bias)
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
def _(op: drop_connect.DropConnect, inputs: Types) -> nn.Module:
    # In evaluation.
    return nn.Linear(int(str(inputs[0].shape[-1])), op.out, bias=op.bias)


@build.register
def _(op: vector.Prelu, inputs: Types) -> nn.Module:
    return nn.PReLU(channels(inputs) if op.per_channel else 1, op.init)


@build.register
def _(op: vector.Maxout, inputs: Types) -> nn.Module:
    return Applied(lambda x: x.unflatten(1, (-1, op.pieces)).amax(2))


@build.register
def _(op: vector.L2Normalize, inputs: Types) -> nn.Module:
    return Applied(lambda x: functional.normalize(x, dim=torch_axis(op.axis), eps=op.eps))


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
    start = torch.randn(shape) * op.std if op.std else torch.full(shape, op.init)
    return Learned(start, op.batch_axis)


@build.register
def _(op: tensor.Embedding, inputs: Types) -> nn.Module:
    return nn.Embedding(op.words, op.size)


@build.register
def _(op: layout.Transpose, inputs: Types) -> nn.Module:
    axes = (op.axes,) if isinstance(op.axes, int) else op.axes
    return Applied(lambda x: x.permute(0, *(torch_axis(axis) for axis in axes)))


class States(nn.Module):
    """A recurrent module with its states as further outputs, the batch in front."""

    def __init__(self, inner: nn.Module, return_state: bool) -> None:
        super().__init__()
        self.inner = [inner]
        for name, value in inner.named_parameters():
            self.register_parameter(name, value)
        self.return_state = return_state

    def forward(self, x: Tensor) -> object:
        output, states = self.inner[0].train(self.training)(x)
        if not self.return_state:
            return output
        several = states if isinstance(states, tuple) else (states,)
        return (output, *(state.transpose(0, 1) for state in several))


@build.register
def _(op: recurrent.Rnn, inputs: Types) -> nn.Module:
    module = nn.RNN(
        int(str(inputs[0].shape[1])), op.hidden, op.layers, op.nonlinearity, op.bias, True,
        op.dropout, op.bidirectional,
    )  # fmt: skip
    return States(module, op.return_state)


@build.register
def _(op: recurrent.Lstm, inputs: Types) -> nn.Module:
    module = nn.LSTM(
        int(str(inputs[0].shape[1])), op.hidden, op.layers, op.bias, True, op.dropout,
        op.bidirectional,
    )  # fmt: skip
    return States(module, op.return_state)


@build.register
def _(op: recurrent.Gru, inputs: Types) -> nn.Module:
    module = nn.GRU(
        int(str(inputs[0].shape[1])), op.hidden, op.layers, op.bias, True, op.dropout,
        op.bidirectional,
    )  # fmt: skip
    return States(module, op.return_state)


class Attention(nn.MultiheadAttention):
    """The module with one to three inputs and without the fast path, which counts nothing."""

    def forward(self, *inputs: Tensor) -> Tensor:  # type: ignore[override]  # fewer inputs
        query, *others = inputs
        key, value = (others[0], others[-1]) if others else (query, query)
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            result: Tensor = super().forward(query, key, value, need_weights=False)[0]
        finally:
            torch.backends.mha.set_fastpath_enabled(True)
        return result


@build.register
def _(op: window_attention.WindowAttention, inputs: Types) -> nn.Module:
    torchvision_models()
    from torchvision.models.swin_transformer import ShiftedWindowAttention

    window, shift = ([n, n] if isinstance(n, int) else list(n) for n in (op.window, op.shift))
    width = int(str(inputs[0].shape[-1]))
    module: nn.Module = ShiftedWindowAttention(
        width, window, shift, op.heads, attention_dropout=op.dropout
    )
    return module


@build.register
def _(op: attention.MultiHeadAttention, inputs: Types) -> nn.Module:
    width = int(str(inputs[0].shape[1]))
    return Attention(width, op.heads, op.dropout, op.bias, batch_first=True)
