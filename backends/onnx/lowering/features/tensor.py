"""Learned tensors, and operators on the vector of channels at each place."""

from __future__ import annotations

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.axes import full_axis
from netlang.backends.onnx.lowering.rearranged.layout import reshaped
from netlang.backends.onnx.lowering.registry import lower
from netlang.ops.checks import fixed
from netlang.ops.tensor import Embedding, Parameter
from netlang.ops.vector import L2Normalize, Maxout, Prelu

__all__: list[str] = []


@lower.register
def _(op: Parameter, emit: Emitter) -> tuple[str, ...]:
    if not op.batch_axis:
        return (emit.weight(""),)
    return emit.result("Squeeze", emit.weight(""), emit.integers("axis", [0]))


@lower.register
def _(op: Embedding, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Gather", emit.weight("weight"), *emit.step.inputs, axis=0)


@lower.register
def _(op: Prelu, emit: Emitter) -> tuple[str, ...]:
    (x,), (type_,) = emit.step.inputs, emit.step.types
    slope = emit.weight("weight")
    if op.per_channel and type_.rank > 1:
        axes = emit.integers("slope.axes", range(1, type_.rank))
        slope = emit.node("slope", "Unsqueeze", slope, axes)
    return emit.result("PRelu", x, slope)


@lower.register
def _(op: Maxout, emit: Emitter) -> tuple[str, ...]:
    (x,), (type_,) = emit.step.inputs, emit.step.types
    left = fixed(op, type_.channels, "the input channels") // op.pieces
    pieces = emit.node("pieces", "Reshape", x, emit.integers("shape", [0, left, op.pieces, -1]))
    largest = emit.node("max", "ReduceMax", pieces, emit.integers("axis", [2]), keepdims=0)
    return reshaped(emit.step.outputs[0].shape, emit, largest)


@lower.register
def _(op: L2Normalize, emit: Emitter) -> tuple[str, ...]:
    (x,), (type_,) = emit.step.inputs, emit.step.types
    axis = emit.integers("axis", [full_axis(op.axis, type_)])
    length = emit.node("length", "ReduceL2", x, axis, keepdims=1)
    return emit.result("Div", x, emit.node("divisor", "Max", length, emit.epsilon(op.eps)))
