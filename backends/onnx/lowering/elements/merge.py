"""Merges, and operators that do nothing once deployed."""

from __future__ import annotations

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.axes import full_axis
from netlang.backends.onnx.lowering.registry import lower
from netlang.backends.onnx.types import element_type
from netlang.ir.dims import Dim
from netlang.ir.types import DType
from netlang.ops.dropout import Dropout, StochasticDepth
from netlang.ops.einsum import Einsum, with_batch
from netlang.ops.identity import Identity
from netlang.ops.merge import Add, Concat, Div, Matmul, Max, Min, Mul, Sub
from netlang.ops.random import GaussianSample
from netlang.ops.to_float import ToFloat

__all__: list[str] = []


def _folded(kind: str, emit: Emitter) -> tuple[str, ...]:
    """Folded from the first operand to the last, since ONNX's operator takes two."""
    total, *others, last = emit.step.inputs
    for number, other in enumerate(others, 1):
        total = emit.node(str(number), kind, total, other)
    return emit.result(kind, total, last)


@lower.register
def _(op: Add, emit: Emitter) -> tuple[str, ...]:
    return _folded("Add", emit)


@lower.register
def _(op: Sub, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Sub", *emit.step.inputs)


@lower.register
def _(op: Mul, emit: Emitter) -> tuple[str, ...]:
    return _folded("Mul", emit)


@lower.register
def _(op: Div, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Div", *emit.step.inputs)


@lower.register
def _(op: Max, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Max", *emit.step.inputs)


@lower.register
def _(op: Min, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Min", *emit.step.inputs)


@lower.register
def _(op: Matmul, emit: Emitter) -> tuple[str, ...]:
    return emit.result("MatMul", *emit.step.inputs)


@lower.register
def _(op: Einsum, emit: Emitter) -> tuple[str, ...]:
    """In single precision for bfloat16, which ONNX's operator doesn't take."""
    (y,), values = emit.step.outputs, emit.step.inputs
    equation = with_batch(op, emit.step.types, y)
    if y.dtype is not DType.BFLOAT16:
        return emit.result("Einsum", *values, equation=equation)
    single = element_type(DType.FLOAT32)
    wide = [emit.node(f"wide.{i}", "Cast", value, to=single) for i, value in enumerate(values)]
    made = emit.node("sum", "Einsum", *wide, equation=equation)
    return emit.result("Cast", made, to=element_type(y.dtype))


@lower.register
def _(op: Concat, emit: Emitter) -> tuple[str, ...]:
    (output,) = emit.step.outputs
    values = [
        _expanded(index, output.batch, emit) if type_.batch is None and output.batch else value
        for index, (value, type_) in enumerate(zip(emit.step.inputs, emit.step.types, strict=True))
    ]
    return emit.result("Concat", *values, axis=full_axis(op.axis, output))


def _expanded(index: int, batch: Dim, emit: Emitter) -> str:
    """A learned tensor, repeated for each example."""
    sizes = emit.sizes.vector((batch, *emit.step.types[index].shape))
    return emit.node(f"expanded.{index}", "Expand", emit.step.inputs[index], sizes)


@lower.register
def _(op: Identity, emit: Emitter) -> tuple[str, ...]:
    return emit.step.inputs


@lower.register
def _(op: ToFloat, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Cast", *emit.step.inputs, to=element_type(emit.step.outputs[0].dtype))


@lower.register
def _(op: Dropout, emit: Emitter) -> tuple[str, ...]:
    return emit.step.inputs


@lower.register
def _(op: StochasticDepth, emit: Emitter) -> tuple[str, ...]:
    return emit.step.inputs


@lower.register
def _(op: GaussianSample, emit: Emitter) -> tuple[str, ...]:
    """When deployed, the mean, broadcast to the common shape of both inputs."""
    mean, (output,) = emit.step.inputs[0], emit.step.outputs
    if emit.step.types[0] == output:
        return (mean,)
    sizes = output.shape if output.batch is None else (output.batch, *output.shape)
    return emit.result("Expand", mean, emit.sizes.vector(sizes))
