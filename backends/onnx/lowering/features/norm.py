"""Normalizations, as deployed."""

from __future__ import annotations

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.axes import full_axis
from netlang.backends.onnx.lowering.rearranged.layout import reshaped
from netlang.backends.onnx.lowering.registry import lower
from netlang.ir.op import Op
from netlang.ops.axes import distinct_axes
from netlang.ops.checks import fixed
from netlang.ops.frozen_norm import FrozenBatchNorm
from netlang.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from netlang.ops.response_norm import LocalResponseNorm
from netlang.ops.rms_norm import RmsNorm
from netlang.ops.switchable_norm import SwitchableNorm

__all__: list[str] = []


def _channels(op: Op, emit: Emitter) -> int:
    return fixed(op, emit.step.types[0].channels, "the input channels")


def _learned(op: Op, emit: Emitter) -> tuple[str, str]:
    """The scale and shift of each channel; 1 and 0 if none are learned."""
    if emit.has_weight("weight"):
        return emit.weight("weight"), emit.weight("bias")
    return _neutral(_channels(op, emit), emit)


def _neutral(count: int, emit: Emitter) -> tuple[str, str]:
    return emit.floats("ones", [1.0] * count), emit.floats("zeros", [0.0] * count)


@lower.register(BatchNorm)
@lower.register(FrozenBatchNorm)
def _(op: BatchNorm | FrozenBatchNorm, emit: Emitter) -> tuple[str, ...]:
    (x,), statistics = emit.step.inputs, (emit.weight("running_mean"), emit.weight("running_var"))
    learned = _learned(op, emit)
    return emit.result("BatchNormalization", x, *learned, *statistics, epsilon=op.eps)


@lower.register
def _(op: InstanceNorm, emit: Emitter) -> tuple[str, ...]:
    (x,) = emit.step.inputs
    return emit.result("InstanceNormalization", x, *_learned(op, emit), epsilon=op.eps)


@lower.register
def _(op: GroupNorm, emit: Emitter) -> tuple[str, ...]:
    """As a normalization with one long channel per group, which every opset can express."""
    (x,), (type_,) = emit.step.inputs, emit.step.types
    shape = emit.integers("groups.shape", [0, op.groups, -1])
    groups = emit.node("groups", "Reshape", x, shape)
    neutral = _neutral(op.groups, emit)
    even = emit.node("even", "InstanceNormalization", groups, *neutral, epsilon=op.eps)
    if not op.affine:
        return reshaped(type_.shape, emit, even)
    # One long axis of places for the learned numbers to broadcast over.
    channels = emit.integers("channels.shape", [0, _channels(op, emit), -1])
    places = emit.node("channels", "Reshape", even, channels)
    axis = emit.integers("axis", [1])
    factor = emit.node("factor", "Unsqueeze", emit.weight("weight"), axis)
    summand = emit.node("summand", "Unsqueeze", emit.weight("bias"), axis)
    scaled = emit.node("scaled", "Mul", places, factor)
    return reshaped(type_.shape, emit, emit.node("shifted", "Add", scaled, summand))


@lower.register
def _(op: LayerNorm, emit: Emitter) -> tuple[str, ...]:
    """ONNX normalizes the last axes, so other axes are moved there and back."""
    (x,), (type_,) = emit.step.inputs, emit.step.types
    along = [full_axis(axis, type_) for axis in distinct_axes(op, type_, op.axes)]
    others = [axis for axis in range(full_axis(-1, type_) + 1) if axis not in along]
    order, axis = [*others, *along], len(others)
    tensors = _layer_tensors(op, emit)
    if order == sorted(order):
        return emit.result("LayerNormalization", x, *tensors, axis=axis, epsilon=op.eps)
    turned = emit.node("turned", "Transpose", x, perm=order)
    even = emit.node("even", "LayerNormalization", turned, *tensors, axis=axis, epsilon=op.eps)
    back = [order.index(axis) for axis in range(len(order))]
    return emit.result("Transpose", even, perm=back)


@lower.register
def _(op: RmsNorm, emit: Emitter) -> tuple[str, ...]:
    (x,), (type_,) = emit.step.inputs, emit.step.types
    along = distinct_axes(op, type_, op.axes)
    squares = emit.node("squares", "Mul", x, x)
    axes = emit.integers("axes", [axis + 1 for axis in along])
    mean = emit.node("mean", "ReduceMean", squares, axes, keepdims=1)
    root = emit.node("root", "Sqrt", emit.node("sum", "Add", mean, emit.epsilon(op.eps)))
    if not op.affine:
        return emit.result("Div", x, root)
    even = emit.node("even", "Div", x, root)
    weight, order = emit.weight("weight"), sorted(range(len(along)), key=along.__getitem__)
    if order != sorted(order):
        weight = emit.node("weight.turned", "Transpose", weight, perm=order)
    shape = [
        fixed(op, size, "a size") if axis in along else 1 for axis, size in enumerate(type_.shape)
    ]
    weight = emit.node("weight.aligned", "Reshape", weight, emit.integers("shape", shape))
    return emit.result("Mul", even, weight)


def _layer_tensors(op: LayerNorm, emit: Emitter) -> tuple[str, ...]:
    import numpy as np

    if op.affine:
        return tuple(emit.weight(name) for name in ("weight", "bias") if emit.has_weight(name))
    (type_,) = emit.step.types
    along = distinct_axes(op, type_, op.axes)
    sizes = [fixed(op, type_.shape[axis], f"axis {axis} of its input") for axis in along]
    return (emit.floats("ones", np.ones(sizes)),)


@lower.register
def _(op: SwitchableNorm, emit: Emitter) -> tuple[str, ...]:
    (x,), (type_,) = emit.step.inputs, emit.step.types
    places = emit.integers("places", range(2, type_.rank + 1))
    mean = emit.node("mean", "ReduceMean", x, places)
    difference = emit.node("difference", "Sub", x, mean)
    deviation = emit.node("squares", "Mul", difference, difference)
    variance = emit.node("variance", "ReduceMean", deviation, places)
    channels = emit.integers("channels", [1])
    layer_mean = emit.node("layer.mean", "ReduceMean", mean, channels)
    # The variance over all channels is the mean of their own ones and of the squares of how far
    # their means are apart; E[x^2] - E[x]^2 is the same but cancels.
    apart = emit.node("apart", "Sub", mean, layer_mean)
    both = emit.node("square", "Add", variance, emit.node("apart.square", "Mul", apart, apart))
    layer_variance = emit.node("layer.variance", "ReduceMean", both, channels)
    mixed_mean = _mixed("mean", (mean, layer_mean), emit)
    mixed_variance = _mixed("var", (variance, layer_variance), emit)
    centred = emit.node("centred", "Sub", x, mixed_mean)
    raised = emit.node("raised", "Add", mixed_variance, emit.epsilon(op.eps))
    even = emit.node("even", "Div", centred, emit.node("deviation", "Sqrt", raised))
    scaled = emit.node("scaled", "Mul", even, _along_channels("weight", emit))
    return emit.result("Add", scaled, _along_channels("bias", emit))


def _mixed(name: str, own: tuple[str, str], emit: Emitter) -> str:
    """Instance, layer and batch statistics, mixed by the softmax of their learned weights."""
    shares = emit.node(f"{name}.shares", "Softmax", emit.weight(f"{name}_weight"), axis=0)
    parts = emit.nodes(f"{name}.share", "Split", 3, shares, axis=0, num_outputs=3)
    values = (*own, _along_channels(f"running_{name}", emit))
    terms = [
        emit.node(f"{name}.term.{index}", "Mul", value, part)
        for index, (value, part) in enumerate(zip(values, parts, strict=True))
    ]
    both = emit.node(f"{name}.two", "Add", terms[0], terms[1])
    return emit.node(f"{name}.mixed", "Add", both, terms[2])


def _along_channels(name: str, emit: Emitter) -> str:
    """A weight [C] as [C, 1, ...], to broadcast over an image."""
    axes = emit.integers(f"{name}.axes", range(1, emit.step.types[0].rank))
    return emit.node(name, "Unsqueeze", emit.weight(name), axes)


@lower.register
def _(op: LocalResponseNorm, emit: Emitter) -> tuple[str, ...]:
    """Pools along the channels as an axis; ONNX's LRN takes only odd sizes and images."""
    import numpy as np

    (x,), (type_,) = emit.step.inputs, emit.step.types
    positive = min(np.float32(op.alpha), np.float32(op.beta)) > 0  # or ONNX Runtime refuses it
    if op.size % 2 and type_.rank == 3 and positive:
        return emit.result("LRN", x, size=op.size, alpha=op.alpha, beta=op.beta, bias=op.k)
    square = emit.node("square", "Mul", x, x)
    shape = emit.integers("rows.shape", [0, 1, _channels(op, emit), -1])
    rows = emit.node("rows", "Reshape", square, shape)
    mean = emit.node(
        "mean", "AveragePool", rows, kernel_shape=[op.size, 1], count_include_pad=1,
        pads=[op.size // 2, 0, (op.size - 1) // 2, 0],
    )  # fmt: skip
    scaled = emit.node("scaled", "Mul", mean, emit.floats("alpha", op.alpha))
    raised = emit.node("raised", "Add", scaled, emit.floats("k", op.k))
    power = emit.node("power", "Pow", raised, emit.floats("beta", op.beta))
    lines = emit.node("lines", "Reshape", x, shape)
    return reshaped(type_.shape, emit, emit.node("quotient", "Div", lines, power))
