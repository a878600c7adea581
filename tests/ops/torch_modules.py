"""Every operator as the torch module that it stands for, written by hand.

Independent of every backend: the oracle for shapes, state, and counts of floating point operations.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn import functional

from netlang.ir.op import Op
from netlang.ir.types import TensorType, Types
from netlang.ops import (
    activation,
    adaptive_pool,
    attention,
    conv,
    cut,
    layout,
    linear,
    merge,
    norm,
    pool,
    recurrent,
    shuffle,
    softmax,
    tensor,
    upsample,
    vector,
)
from netlang.ops import dropout as dropout_ops
from netlang.ops import random as random_ops

__all__ = ["build", "tensors"]


def tensors(inputs: Types, batch: int, integers_below: int = 2) -> list[Tensor]:
    """Random values of the given types, which must have plain sizes."""
    return [_tensor(x, batch, integers_below) for x in inputs]


def _tensor(x: TensorType, batch: int, integers_below: int) -> Tensor:
    shape = [int(str(size)) for size in x.shape]
    full = shape if x.batch is None else [batch, *shape]
    if x.dtype.is_float:
        return torch.rand(full, dtype=getattr(torch, x.dtype.value)) - 0.5
    return torch.randint(integers_below, full, dtype=getattr(torch, x.dtype.value))


class Applied(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> object:
        return self.function(*inputs)


@singledispatch
def build(op: Op, inputs: Types) -> nn.Module:
    """The torch module of `op` for the given inputs."""
    raise NotImplementedError(f"no torch module is known for {op.name}")


def _by_rank(prefix: str, inputs: Types) -> type[nn.Module]:
    found: type[nn.Module] = getattr(nn, f"{prefix}{inputs[0].rank - 1}d")
    return found


def _channels(inputs: Types) -> int:
    return int(str(inputs[0].channels))


def _is_stepped(stride: int | tuple[int, ...]) -> bool:
    return stride != 1 if isinstance(stride, int) else any(step != 1 for step in stride)


class Around(nn.Module):
    """A module between two functions, with the module's own state."""

    def __init__(
        self,
        inner: nn.Module,
        before: Callable[[Tensor], Tensor],
        after: Callable[[Tensor], Tensor],
    ) -> None:
        super().__init__()
        self.inner, self.before, self.after = [inner], before, after
        for name, value in inner.named_parameters():
            self.register_parameter(name, value)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.inner[0](self.before(x)))


class PaddedConv(nn.Module):
    """`pad=same` with a stride, which torch refuses: pads first, then convolves."""

    def __init__(self, inner: nn.Module, dilation: int | tuple[int, ...]) -> None:
        super().__init__()
        self.inner = [inner]
        for name, value in inner.named_parameters():
            self.register_parameter(name, value)
        kernel = inner.get_parameter("weight").shape[2:]
        spacing = (dilation,) * len(kernel) if isinstance(dilation, int) else dilation
        totals = [d * (k - 1) for k, d in zip(kernel, spacing, strict=True)]
        self.pads = list(chain.from_iterable((t // 2, t - t // 2) for t in reversed(totals)))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.inner[0](functional.pad(x, self.pads))
        return result


@build.register
def _(op: conv.Conv, inputs: Types) -> nn.Module:
    same_with_stride = op.pad == "same" and _is_stepped(op.stride)
    module = _by_rank("Conv", inputs)(
        _channels(inputs), op.out, op.kernel, op.stride, 0 if same_with_stride else op.pad,
        op.dilation, op.groups, op.bias, op.pad_mode,
    )  # fmt: skip
    return PaddedConv(module, op.dilation) if same_with_stride else module


@build.register
def _(op: conv.ConvTranspose, inputs: Types) -> nn.Module:
    return _by_rank("ConvTranspose", inputs)(
        _channels(inputs), op.out, op.kernel, op.stride, op.pad, op.output_pad, op.groups, op.bias,
        op.dilation,
    )  # fmt: skip


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


def _torch_axis(axis: int) -> int:
    return axis if axis < 0 else axis + 1


@build.register
def _(op: softmax.Softmax, inputs: Types) -> nn.Module:
    return nn.Softmax(_torch_axis(op.axis))


@build.register
def _(op: softmax.LogSoftmax, inputs: Types) -> nn.Module:
    return nn.LogSoftmax(_torch_axis(op.axis))


@build.register
def _(op: norm.BatchNorm, inputs: Types) -> nn.Module:
    rank = max(inputs[0].rank - 1, 1)
    module: type[nn.Module] = getattr(nn, f"BatchNorm{rank}d")
    return module(_channels(inputs), op.eps, op.momentum, op.affine)


@build.register
def _(op: pool.Maxpool, inputs: Types) -> nn.Module:
    return _by_rank("MaxPool", inputs)(
        op.kernel, op.stride, op.pad, op.dilation, op.return_indices, op.ceil
    )


@build.register
def _(op: pool.Avgpool, inputs: Types) -> nn.Module:
    return _by_rank("AvgPool", inputs)(op.kernel, op.stride, op.pad, op.ceil, op.count_include_pad)


@build.register
def _(op: adaptive_pool.AdaptiveAvgpool, inputs: Types) -> nn.Module:
    return _by_rank("AdaptiveAvgPool", inputs)(op.out)


@build.register
def _(op: adaptive_pool.AdaptiveMaxpool, inputs: Types) -> nn.Module:
    return _by_rank("AdaptiveMaxPool", inputs)(op.out)


@build.register
def _(op: adaptive_pool.GlobalAvgpool, inputs: Types) -> nn.Module:
    return _by_rank("AdaptiveAvgPool", inputs)(1)


@build.register
def _(op: adaptive_pool.GlobalMaxpool, inputs: Types) -> nn.Module:
    return _by_rank("AdaptiveMaxPool", inputs)(1)


@build.register
def _(op: layout.Flatten, inputs: Types) -> nn.Module:
    return nn.Flatten(_torch_axis(op.start), _torch_axis(op.end))


@build.register
def _(op: layout.Reshape, inputs: Types) -> nn.Module:
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
    return Applied(lambda *branches: torch.cat(branches, _torch_axis(op.axis)))


@build.register
def _(op: merge.Matmul, inputs: Types) -> nn.Module:
    return Applied(torch.matmul)


@build.register
def _(op: dropout_ops.StochasticDepth, inputs: Types) -> nn.Module:
    return nn.Identity()


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
    return nn.GroupNorm(op.groups, _channels(inputs), op.eps, op.affine)


@build.register
def _(op: norm.InstanceNorm, inputs: Types) -> nn.Module:
    return _by_rank("InstanceNorm", inputs)(_channels(inputs), op.eps, affine=op.affine)


@build.register
def _(op: norm.LocalResponseNorm, inputs: Types) -> nn.Module:
    return nn.LocalResponseNorm(op.size, op.alpha, op.beta, op.k)


@build.register
def _(op: vector.Prelu, inputs: Types) -> nn.Module:
    return nn.PReLU(_channels(inputs) if op.per_channel else 1, op.init)


@build.register
def _(op: vector.Maxout, inputs: Types) -> nn.Module:
    return Applied(lambda x: x.unflatten(1, (-1, op.pieces)).amax(2))


@build.register
def _(op: vector.L2Normalize, inputs: Types) -> nn.Module:
    return Applied(lambda x: functional.normalize(x, dim=_torch_axis(op.axis), eps=op.eps))


class Learned(nn.Module):
    """A parameter whose key is empty; torch has no such name, so the state is told here."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = nn.Parameter(value)

    def state_dict(self, *_: object, **__: object) -> dict[str, Tensor]:  # type: ignore[override]  # one key
        return {"": self.value.detach()}

    def forward(self) -> Tensor:
        return self.value


@build.register
def _(op: tensor.Parameter, inputs: Types) -> nn.Module:
    shape = [int(str(size)) for size in op.shape]
    return Learned(torch.randn(shape) * op.std if op.std else torch.full(shape, op.init))


@build.register
def _(op: tensor.Embedding, inputs: Types) -> nn.Module:
    return nn.Embedding(op.words, op.size)


@build.register
def _(op: layout.Transpose, inputs: Types) -> nn.Module:
    axes = (op.axes,) if isinstance(op.axes, int) else op.axes
    return Applied(lambda x: x.permute(0, *(_torch_axis(axis) for axis in axes)))


def _narrowed(x: Tensor, axis: int, start: int, stop: int, step: int = 1) -> Tensor:
    """Refuses what lies outside, unlike torch's slices, and what leaves nothing."""
    if not 0 <= start < stop <= x.shape[axis]:
        raise IndexError(f"{start} to {stop} of {x.shape[axis]}")
    return x.narrow(axis, start, stop - start).index_select(
        axis, torch.arange(0, stop - start, step)
    )


@build.register
def _(op: cut.Slice, inputs: Types) -> nn.Module:
    def sliced(x: Tensor) -> Tensor:
        axis = _torch_axis(op.axis)
        size = x.shape[axis]
        stop = size if op.stop is None else op.stop + (size if op.stop < 0 else 0)
        return _narrowed(x, axis, op.start + (size if op.start < 0 else 0), stop, op.step)

    return Applied(sliced)


@build.register
def _(op: cut.Crop, inputs: Types) -> nn.Module:
    def cropped(x: Tensor) -> Tensor:
        for axis, wanted in enumerate(op.size, start=2):
            size = int(str(wanted))
            if op.offset is None:
                start = (x.shape[axis] - size) // 2
            else:
                start = op.offset if isinstance(op.offset, int) else op.offset[axis - 2]
            x = _narrowed(x, axis, start, start + size)
        return x

    return Applied(cropped)


@build.register
def _(op: cut.Pad, inputs: Types) -> nn.Module:
    amounts = list(chain.from_iterable(reversed(op.pads(inputs[0].rank - 1))))
    value = op.value if op.mode == "constant" else None
    return Applied(lambda x: functional.pad(x, amounts, op.mode, value))


@build.register
def _(op: upsample.Upsample, inputs: Types) -> nn.Module:
    corners = None if op.mode == "nearest" else op.align_corners
    size = None if op.size is None else tuple(int(str(s)) for s in op.size)
    scale = op.scale if isinstance(op.scale, int | None) else tuple(map(float, op.scale))
    return nn.Upsample(size, scale, op.mode, corners)


@build.register
def _(op: shuffle.PixelShuffle, inputs: Types) -> nn.Module:
    return nn.PixelShuffle(op.factor)


@build.register
def _(op: shuffle.ChannelShuffle, inputs: Types) -> nn.Module:
    return Applied(lambda x: x.unflatten(1, (op.groups, -1)).transpose(1, 2).flatten(1, 2))


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
def _(op: attention.MultiHeadAttention, inputs: Types) -> nn.Module:
    width = int(str(inputs[0].shape[1]))
    return Attention(width, op.heads, op.dropout, op.bias, batch_first=True)
