"""Activations."""

from __future__ import annotations

from math import pi, sqrt

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.axes import full_axis
from netlang.backends.onnx.lowering.registry import lower
from netlang.backends.onnx.types import element_type
from netlang.ops.activation import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    Heaviside,
    LeakyRelu,
    Relu,
    Relu6,
    Sigmoid,
    Silu,
    Softplus,
    Tanh,
)
from netlang.ops.softmax import LogSoftmax, Softmax

__all__: list[str] = []

# From here on log(1 + exp(x)) is x in float32.
SOFTPLUS_LINEAR = 20.0


@lower.register
def _(op: Relu, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Relu", *emit.step.inputs)


@lower.register
def _(op: Relu6, emit: Emitter) -> tuple[str, ...]:
    (x,) = emit.step.inputs
    return emit.result("Clip", x, emit.floats("min", 0.0), emit.floats("max", 6.0))


@lower.register
def _(op: LeakyRelu, emit: Emitter) -> tuple[str, ...]:
    return emit.result("LeakyRelu", *emit.step.inputs, alpha=op.negative_slope)


@lower.register
def _(op: Elu, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Elu", *emit.step.inputs, alpha=op.alpha)


@lower.register
def _(op: Sigmoid, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Sigmoid", *emit.step.inputs)


@lower.register
def _(op: Tanh, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Tanh", *emit.step.inputs)


@lower.register
def _(op: Silu, emit: Emitter) -> tuple[str, ...]:
    (x,) = emit.step.inputs
    return emit.result("Mul", x, emit.node("sigmoid", "Sigmoid", x))


@lower.register
def _(op: Gelu, emit: Emitter) -> tuple[str, ...]:
    if emit.opset >= 20:
        return emit.result("Gelu", *emit.step.inputs, approximate=op.approximate)
    (x,) = emit.step.inputs
    gate = _tanh_gate(x, emit) if op.approximate == "tanh" else _erf_gate(x, emit)
    both = emit.node("gate", "Add", gate, emit.floats("one", 1.0))
    half = emit.node("half", "Mul", x, emit.floats("scale", 0.5))
    return emit.result("Mul", half, both)


def _erf_gate(x: str, emit: Emitter) -> str:
    scaled = emit.node("scaled", "Mul", x, emit.floats("rsqrt2", sqrt(0.5)))
    return emit.node("erf", "Erf", scaled)


def _tanh_gate(x: str, emit: Emitter) -> str:
    square = emit.node("square", "Mul", x, x)
    cubic = emit.node("cubic", "Mul", square, emit.floats("coefficient", 0.044715))
    factor = emit.node("factor", "Add", cubic, emit.floats("linear", 1.0))
    polynomial = emit.node("polynomial", "Mul", x, factor)
    scaled = emit.node("scaled", "Mul", polynomial, emit.floats("root", sqrt(2 / pi)))
    return emit.node("tanh", "Tanh", scaled)


@lower.register
def _(op: HardSigmoid, emit: Emitter) -> tuple[str, ...]:
    return emit.result("HardSigmoid", *emit.step.inputs, alpha=1 / 6, beta=0.5)


@lower.register
def _(op: HardSwish, emit: Emitter) -> tuple[str, ...]:
    return emit.result("HardSwish", *emit.step.inputs)


@lower.register
def _(op: Softplus, emit: Emitter) -> tuple[str, ...]:
    (x,) = emit.step.inputs
    if op.beta == 1.0 and op.threshold >= SOFTPLUS_LINEAR:
        return emit.result("Softplus", x)
    beta = emit.floats("beta", op.beta)
    scaled = emit.node("scaled", "Mul", x, beta)
    bent = emit.node("bent", "Div", emit.node("softplus", "Softplus", scaled), beta)
    linear = emit.node("linear", "Greater", scaled, emit.floats("threshold", op.threshold))
    return emit.result("Where", linear, x, bent)


@lower.register
def _(op: Heaviside, emit: Emitter) -> tuple[str, ...]:
    (x,) = emit.step.inputs
    zero, to = emit.floats("zero", 0.0), element_type(emit.step.types[0].dtype)
    if op.at_zero in (0.0, 1.0):
        compare = "GreaterOrEqual" if op.at_zero else "Greater"
        return emit.result("Cast", emit.node("positive", compare, x, zero), to=to)
    step = emit.node("step", "Cast", emit.node("positive", "Greater", x, zero), to=to)
    at_zero = emit.node("is_zero", "Equal", x, zero)
    return emit.result("Where", at_zero, emit.floats("at_zero", op.at_zero), step)


@lower.register
def _(op: Softmax, emit: Emitter) -> tuple[str, ...]:
    axis = full_axis(op.along, emit.step.types[0])
    return emit.result("Softmax", *emit.step.inputs, axis=axis)


@lower.register
def _(op: LogSoftmax, emit: Emitter) -> tuple[str, ...]:
    axis = full_axis(op.along, emit.step.types[0])
    return emit.result("LogSoftmax", *emit.step.inputs, axis=axis)
