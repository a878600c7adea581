"""Normalisations, in the form that they have in a deployed net."""

from __future__ import annotations

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.ops.checks import fixed
from netlang.ops.norm import BatchNorm

__all__: list[str] = []


@lower.register
def _(op: BatchNorm, emit: Emitter) -> tuple[str, ...]:
    (x,) = emit.step.inputs
    channels = fixed(op, emit.step.types[0].channels, "the input channels")
    if op.affine:
        scale, shift = emit.weight("weight"), emit.weight("bias")
    else:
        scale = emit.floats("ones", [1.0] * channels)
        shift = emit.floats("zeros", [0.0] * channels)
    mean, variance = emit.weight("running_mean"), emit.weight("running_var")
    return emit.result("BatchNormalization", x, scale, shift, mean, variance, epsilon=op.eps)
