"""Arithmetic with given numbers, elementary functions, and reductions."""

from __future__ import annotations

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.axes import full_axis
from netlang.backends.onnx.lowering.registry import lower
from netlang.ops import elementary, reduce
from netlang.ops.scale import Numbers, Scale

__all__: list[str] = []

REDUCTIONS = {"mean": "ReduceMean", "sum": "ReduceSum", "amax": "ReduceMax", "amin": "ReduceMin"}


@lower.register
def _(op: Scale, emit: Emitter) -> tuple[str, ...]:
    (x,) = emit.step.inputs
    if op.offset == 0.0:
        return emit.result("Mul", x, _numbers("by", op.by, emit))
    if op.by != 1.0:
        x = emit.node("scaled", "Mul", x, _numbers("by", op.by, emit))
    return emit.result("Add", x, _numbers("offset", op.offset, emit))


def _numbers(name: str, given: Numbers, emit: Emitter) -> str:
    """A number, or one for each channel, which broadcasts over the axes after."""
    if not isinstance(given, tuple):
        return emit.floats(name, given)
    import numpy as np

    behind = (1,) * (emit.step.types[0].rank - 1)
    return emit.floats(name, np.asarray(given).reshape(-1, *behind))


@lower.register
def _(op: elementary.Exp, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Exp", *emit.step.inputs)


@lower.register
def _(op: elementary.Log, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Log", *emit.step.inputs)


@lower.register
def _(op: elementary.Sin, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Sin", *emit.step.inputs)


@lower.register
def _(op: elementary.Cos, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Cos", *emit.step.inputs)


@lower.register
def _(op: elementary.Sqrt, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Sqrt", *emit.step.inputs)


@lower.register
def _(op: elementary.Rsqrt, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Reciprocal", emit.node("root", "Sqrt", *emit.step.inputs))


@lower.register
def _(op: elementary.Abs, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Abs", *emit.step.inputs)


@lower.register
def _(op: elementary.Neg, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Neg", *emit.step.inputs)


@lower.register
def _(op: elementary.Round, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Round", *emit.step.inputs)


@lower.register
def _(op: elementary.Pow, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Pow", *emit.step.inputs, emit.floats("exponent", op.exponent))


@lower.register
def _(op: elementary.Clamp, emit: Emitter) -> tuple[str, ...]:
    low = "" if op.min is None else emit.floats("min", op.min)
    high = () if op.max is None else (emit.floats("max", op.max),)
    return emit.result("Clip", *emit.step.inputs, low, *high)


@lower.register(reduce.Mean)
@lower.register(reduce.Sum)
@lower.register(reduce.Amax)
@lower.register(reduce.Amin)
def _(op: reduce.Mean | reduce.Sum | reduce.Amax | reduce.Amin, emit: Emitter) -> tuple[str, ...]:
    x = emit.step.types[0]
    axes = emit.integers("axes", [full_axis(axis, x) for axis in op.reduced(x)])
    return emit.result(REDUCTIONS[op.name], *emit.step.inputs, axes, keepdims=int(op.keep))
