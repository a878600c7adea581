"""Convolutions, linear maps and embeddings."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.operators.alignment import reshaped
from netlang.backends.torch.importing.operators.parts import as_one_image, channels_first, has_parts
from netlang.backends.torch.importing.operators.weights import owner, weights_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Argument, BareWord, Dims, SourceTensor, Value

__all__ = ["HANDLERS", "in_front", "window"]


def in_front(value: Value) -> Value:
    """A value whose batch is the first axis, as images have it."""
    if value.batch != 0 and not value.free:
        raise NotSayable("a batch axis that isn't the first", "transpose it to the front")
    if value.fold > 1:
        raise NotSayable("images that are joined with the batch, as windows or as parts")
    return value


def window(sizes: tuple[int, ...], axes: int) -> Argument:
    """One number for all axes where they agree, `3x5` else."""
    sizes = sizes * axes if len(sizes) == 1 else sizes
    return sizes[0] if len(set(sizes)) == 1 else Dims(sizes)


def kernel(sizes: tuple[int, ...]) -> Argument:
    """The size of a window: `3x3`, or a number over one axis."""
    return Dims(sizes) if len(sizes) > 1 else sizes[0]


def _conv(call: Call) -> Made:
    weight = call.given["weight"]
    shape = weight_shape(weight)
    axes = len(shape) - 2
    pad = call.given["padding"]
    arguments: dict[str, Argument] = {
        "out": shape[0],
        "kernel": kernel(shape[2:]),
        "stride": window(call.integers("stride"), axes),
        "pad": _pad(pad, axes, call),
        "dilation": window(call.integers("dilation"), axes),
        "groups": call.integer("groups"),
    }
    value = call.value("input")
    if has_parts(value) and axes < 3:
        return channels_first(call, value, lambda turned: _with_one_axis_more(call, turned))
    return _weighted(call, "conv", arguments)


def _with_one_axis_more(call: Call, value: Value) -> Value:
    """A convolution of several images, which have their number as an axis in front of the places.

    Its kernel has size 1 along that axis. The weights keep their keys.
    """
    held = call.valued(call.given["weight"])
    wide = (*held.shape[:2], 1, *held.shape[2:])
    arguments: dict[str, Argument] = {
        "out": held.shape[0],
        "kernel": Dims(wide[2:]),
        "groups": call.integer("groups"),
        "weight": reshaped(call, held, wide),
    }
    if isinstance(call.given["padding"], str):
        raise NotSayable("images that are joined with the batch, as windows or as parts")
    axes, one = len(held.shape) - 2, {"stride": 1, "padding": 0, "dilation": 1}
    for name, word in (("stride", "stride"), ("padding", "pad"), ("dilation", "dilation")):
        sizes = call.integers(name)
        own = (one[name], *(sizes * axes if len(sizes) == 1 else sizes))
        arguments[word] = window(own, axes + 1)
    bias = call.given.get("bias")
    arguments["bias"] = False if bias is None else call.valued(bias)
    count = value.sizes[1]
    shape = (value.shape[0], held.shape[0], count, *call.shape[2:])
    return call.emit("conv", [value], arguments, shape=shape)


def _pad(pad: object, axes: int, call: Call) -> Argument:
    if pad == "same":
        return BareWord("same")
    return 0 if pad == "valid" else window(call.integers("padding"), axes)


def _conv_transpose(call: Call) -> Made:
    shape = weight_shape(call.given["weight"])
    axes = len(shape) - 2
    groups = call.integer("groups")
    arguments: dict[str, Argument] = {
        "out": shape[1] * groups,
        "kernel": kernel(shape[2:]),
        "stride": window(call.integers("stride"), axes),
        "pad": window(call.integers("padding"), axes),
        "output_pad": window(call.integers("output_padding"), axes),
        "groups": groups,
        "dilation": window(call.integers("dilation"), axes),
    }
    return _weighted(call, "conv_transpose", arguments)


def weight_shape(weight: object) -> tuple[int, ...]:
    """The shape of a stored or computed weight."""
    if isinstance(weight, Value):
        return weight.shape
    assert isinstance(weight, SourceTensor)
    return tuple(weight.tensor.shape)


def _linear(call: Call) -> Made:
    value = call.value("input")
    shape = weight_shape(call.given["weight"])
    if value.batch == len(value.shape) - 1 and not value.free:
        raise NotSayable("a linear map across examples")
    return _weighted(call, "linear", {"out": shape[0]}, anywhere=True)


def _weighted(
    call: Call, op: str, arguments: Mapping[str, Argument], *, anywhere: bool = False
) -> Value:
    value = call.value("input")
    if not anywhere:
        in_front(value)
    key, given = weights_of(call, {"weight": "weight", "bias": "bias"})
    bias: dict[str, Argument] = {"bias": False} if call.given.get("bias") is None else {}
    return call.emit(op, [value], {**arguments, **bias, **given}, key=key)


def _embedding(call: Call) -> Made:
    words, size = weight_shape(call.given["weight"])
    value = call.value("indices")
    key, given = weights_of(call, {"weight": "weight"})
    return call.emit("embedding", [value], {"words": words, "size": size, **given}, key=key)


def _unfold(call: Call) -> Made:
    value = in_front(call.value("self"))
    arguments: dict[str, Argument] = {
        "kernel": kernel(call.integers("kernel_size")),
        "stride": window(call.integers("stride"), 2),
        "pad": window(call.integers("padding"), 2),
        "dilation": window(call.integers("dilation"), 2),
    }
    return call.emit("unfold", [value], arguments)


def _fold(call: Call) -> Made:
    value = in_front(call.value("self"))
    arguments: dict[str, Argument] = {
        "size": call.integers("output_size"),
        "kernel": kernel(call.integers("kernel_size")),
        "stride": window(call.integers("stride"), 2),
        "pad": window(call.integers("padding"), 2),
        "dilation": window(call.integers("dilation"), 2),
    }
    return call.emit("fold", [value], arguments)


def _prelu(call: Call) -> Made:
    stored = call.stored("weight")
    if stored is None:
        raise NotSayable("slopes that are computed")
    key = owner(stored.key, "weight")
    if key is None:
        raise NotSayable("slopes that aren't called `weight`")
    each = stored.tensor.numel() > 1
    return call.emit("prelu", [in_front(call.value("self"))], {"per_channel": each}, key=key)


HANDLERS: Mapping[str, Handler] = {
    **{
        f"aten.conv{n}d.{kind}": as_one_image(_conv)
        for n in (1, 2, 3)
        for kind in ("default", "padding")
    },
    "aten.conv_transpose1d.default": _conv_transpose,
    "aten.conv_transpose2d.input": _conv_transpose,
    "aten.conv_transpose3d.input": _conv_transpose,
    "aten.linear.default": _linear,
    "aten.embedding.default": _embedding,
    "aten.prelu.default": _prelu,
    "aten.im2col.default": _unfold,
    "aten.col2im.default": _fold,
}
