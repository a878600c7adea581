"""What each layer of Keras is in PyTorch, with the channels first, and its weights there.

A weight of PyTorch is made from a variable of Keras, and given back to it for the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, TypeAlias, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netlang.backends.torch.importing.keras.kinds import numbers_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.records import Record

__all__ = ["ACTIVATIONS", "BoundWeight", "MadeLayer", "layer_of"]

_ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "linear": nn.Identity, "relu": nn.ReLU, "relu6": nn.ReLU6, "silu": nn.SiLU, "swish": nn.SiLU,
    "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "gelu": nn.GELU, "hard_silu": nn.Hardswish,
    "hard_swish": nn.Hardswish, "elu": nn.ELU, "softplus": nn.Softplus,
}  # fmt: skip

ACTIVATIONS = frozenset((*_ACTIVATIONS, "softmax"))
"""The names of those that are read."""


@final
class BoundWeight(Record, eq=False):
    """A variable of Keras, the name that it has in a module, and how one is made of the other."""

    variable: Any
    name: str
    to_torch: Callable[[Tensor], Tensor]
    to_keras: Callable[[Tensor], Tensor]


@final
class MadeLayer(Record, eq=False):
    """A module, its weights, and the activation that a layer has in it."""

    module: nn.Module
    weights: tuple[BoundWeight, ...] = ()
    then: nn.Module | None = None


class _Doing(nn.Module):
    """A function of values."""

    def __init__(self, does: Callable[..., Tensor]) -> None:
        super().__init__()
        self.does = does

    def forward(self, *values: Tensor) -> Tensor:
        return self.does(*values)


Handler: TypeAlias = "Callable[[Any, Sequence[tuple[int, ...]]], MadeLayer]"


def layer_of(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    """The module of a layer, whose inputs have these shapes without the batch, as Keras has them.

    Raises `NotSayable` for a layer that isn't known.
    """
    found = _LAYERS.get(type(layer).__name__)
    if found is None or not type(layer).__module__.startswith("keras."):
        raise NotSayable("this layer isn't read", "export the model to ONNX, and import that")
    return found(layer, shapes)


def _same(tensor: Tensor) -> Tensor:
    return tensor


def _bias(layer: Any) -> tuple[BoundWeight, ...]:
    return (BoundWeight(layer.bias, "bias", _same, _same),) if layer.use_bias else ()


def _then(layer: Any) -> nn.Module | None:
    """The activation in a layer."""
    name = _name_of(layer.activation)
    return None if name == "linear" else activation(name)


def _name_of(function: Any) -> str:
    return "linear" if function is None else str(getattr(function, "__name__", "?"))


def _conv(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    _channels_last(layer)
    depthwise = type(layer).__name__ == "DepthwiseConv2D"
    channels = shapes[0][-1]
    out = channels * layer.depth_multiplier if depthwise else layer.filters
    groups = channels if depthwise else layer.groups
    kernel, stride, dilation = layer.kernel_size, layer.strides, layer.dilation_rate
    pads = [(0, 0), (0, 0)]
    if layer.padding == "same":
        spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        pads = [_around(n, k, s) for n, k, s in zip(shapes[0], spans, stride, strict=False)]
    even = all(low == high for low, high in pads)
    pad = (pads[0][0], pads[1][0]) if even else (0, 0)
    conv = nn.Conv2d(channels, out, kernel, stride, pad, dilation, groups, layer.use_bias)
    size = tuple(kernel)

    def to_torch(tensor: Tensor) -> Tensor:
        if depthwise:
            return tensor.permute(2, 3, 0, 1).reshape(out, 1, *size)
        return tensor.permute(3, 2, 0, 1)

    def to_keras(tensor: Tensor) -> Tensor:
        if depthwise:
            return tensor.reshape(channels, -1, *size).permute(2, 3, 0, 1)
        return tensor.permute(2, 3, 1, 0)

    weight = BoundWeight(layer.kernel, "weight", to_torch, to_keras)
    return MadeLayer(conv if even else _Padded(conv, pads), (weight, *_bias(layer)), _then(layer))


class _Padded(nn.Conv2d):
    """A convolution that pads more on one side, as TensorFlow's `same` does with a stride."""

    def __init__(self, conv: nn.Conv2d, pads: Sequence[tuple[int, int]]) -> None:
        nn.Module.__init__(self)
        self.__dict__.update(conv.__dict__)
        (top, bottom), (left, right) = pads
        self.around = (left, right, top, bottom)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, self.around))


def _around(size: int, span: int, stride: int) -> tuple[int, int]:
    """What `same` pads: as much as the windows reach beyond, the odd one at the end."""
    more = max((-(-size // stride) - 1) * stride + span - size, 0)
    return more // 2, more - more // 2


def _dense(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    if len(shapes[0]) != 1:
        raise NotSayable("a dense layer at each place", "use a convolution with a 1x1 kernel")
    linear = nn.Linear(shapes[0][0], layer.units, layer.use_bias)
    weight = BoundWeight(layer.kernel, "weight", Tensor.t, Tensor.t)
    return MadeLayer(linear, (weight, *_bias(layer)), _then(layer))


def _norm(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    if layer.axis not in (-1, len(shapes[0])) or not (layer.center and layer.scale):
        raise NotSayable("a norm of another axis, or without a gain or bias")
    norm: nn.Module
    kind = nn.BatchNorm2d if len(shapes[0]) == 3 else nn.BatchNorm1d
    norm = kind(shapes[0][-1], layer.epsilon, round(1 - layer.momentum, 9))
    names = {"weight": layer.gamma, "bias": layer.beta,
             "running_mean": layer.moving_mean, "running_var": layer.moving_variance}  # fmt: skip
    return MadeLayer(
        norm, tuple(BoundWeight(each, name, _same, _same) for name, each in names.items())
    )


def _activation(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    return MadeLayer(activation(_name_of(layer.activation)))


def activation(name: str) -> nn.Module:
    """An activation by its name in Keras. Raises `NotSayable`."""
    if name == "softmax":
        return nn.Softmax(1)
    if name not in _ACTIVATIONS:
        raise NotSayable(f"the activation `{name}`")
    return _ACTIVATIONS[name]()


def _relu(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    if layer.threshold:
        raise NotSayable("a ReLU with a threshold")
    if layer.max_value is not None:
        if layer.negative_slope:
            raise NotSayable("a leaky ReLU with a largest value")
        return MadeLayer(
            nn.ReLU6() if layer.max_value == 6 else nn.Hardtanh(0, float(layer.max_value))
        )
    slope = float(layer.negative_slope)
    return MadeLayer(nn.LeakyReLU(slope) if slope else nn.ReLU())


def _pad(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    _channels_last(layer)
    (top, bottom), (left, right) = layer.padding
    return MadeLayer(nn.ZeroPad2d((left, right, top, bottom)))


def _pool(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    _channels_last(layer)
    if layer.padding != "valid":
        raise NotSayable("a pool that pads", "pad by a layer in front of it")
    kind = nn.MaxPool2d if type(layer).__name__ == "MaxPooling2D" else nn.AvgPool2d
    return MadeLayer(kind(layer.pool_size, layer.strides))


def _average(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    _channels_last(layer)
    mean = nn.AdaptiveAvgPool2d(1)
    return MadeLayer(mean if layer.keepdims else nn.Sequential(mean, nn.Flatten()))


def _flatten(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    _channels_last(layer)
    if len(shapes[0]) != 3:
        return MadeLayer(nn.Flatten())
    return MadeLayer(_Doing(lambda x: x.permute(0, 2, 3, 1).flatten(1)))


def _reshape(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    target, given = tuple(layer.target_shape), shapes[0]
    if target != (1, 1, *given):
        raise NotSayable("a reshape of channels and places", "use a flatten or a pool")
    return MadeLayer(nn.Unflatten(1, (given[0], 1, 1)))


def _dropout(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    # With a shape of its own it leaves out whole examples, which evaluation doesn't.
    return MadeLayer(nn.Identity() if layer.noise_shape is not None else nn.Dropout(layer.rate))


def _merge(does: Callable[[Tensor, Tensor], Tensor]) -> Handler:
    def made(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
        def folded(first: Tensor, *others: Tensor) -> Tensor:
            for each in others:
                first = does(first, each)
            return first

        return MadeLayer(_Doing(folded))

    return made


def _concat(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    if layer.axis not in (-1, len(shapes[0])):
        raise NotSayable("values that are joined along another axis than the channels")
    return MadeLayer(_Doing(lambda *values: torch.cat(values, 1)))


def _rescale(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    rank = len(shapes[0])
    scale, offset = _of_channels(layer.scale, rank), _of_channels(layer.offset, rank)
    return MadeLayer(_Doing(lambda x: x * scale + offset))


def _of_channels(number: Any, rank: int) -> float | Tensor:
    if isinstance(number, int | float):
        return float(number)
    numbers = list(number) if isinstance(number, Iterable) else []
    if not numbers or not all(isinstance(each, Real) for each in numbers):
        raise NotSayable("a scale or offset that isn't a number for each channel")
    if len(set(numbers)) == 1:
        return float(numbers[0])
    return torch.tensor(list(map(float, numbers))).reshape(-1, *[1] * (rank - 1))


def _normalize(layer: Any, shapes: Sequence[tuple[int, ...]]) -> MadeLayer:
    rank = len(shapes[0])
    if tuple(layer.axis) not in ((rank,), (-1,)) or layer.invert:
        raise NotSayable("another normalization than of channels")
    mean, variance = (numbers_of(each).reshape(-1) for each in (layer.mean, layer.variance))
    deviation = variance.sqrt().clamp_min(1e-7)
    both = 1 / deviation, -mean / deviation
    scale, offset = (_of_channels(each.tolist(), rank) for each in both)
    if isinstance(scale, float) and isinstance(offset, float) and (scale, abs(offset)) == (1, 0):
        return MadeLayer(nn.Identity())
    return MadeLayer(_Doing(lambda x: x * scale + offset))


def _channels_last(layer: Any) -> None:
    if layer.data_format != "channels_last":
        raise NotSayable("channels in front", "build the model with `channels_last`")


_LAYERS: Mapping[str, Handler] = {
    "Activation": _activation, "Add": _merge(torch.add), "AveragePooling2D": _pool,
    "BatchNormalization": _norm, "Concatenate": _concat, "Conv2D": _conv, "Dense": _dense,
    "DepthwiseConv2D": _conv, "Dropout": _dropout, "Flatten": _flatten,
    "GlobalAveragePooling2D": _average, "MaxPooling2D": _pool, "Multiply": _merge(torch.mul),
    "Normalization": _normalize, "ReLU": _relu, "Rescaling": _rescale, "Reshape": _reshape,
    "Subtract": _merge(torch.sub), "ZeroPadding2D": _pad,
}  # fmt: skip
