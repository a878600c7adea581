"""How ONNX says `scaled_swish`."""

from __future__ import annotations

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang_example.ops import ScaledSwish

__all__: list[str] = []


@lower.register
def _(op: ScaledSwish, emit: Emitter) -> tuple[str, ...]:
    (x,) = emit.step.inputs
    inside = emit.node("scaled", "Mul", x, emit.floats("slope", op.slope))
    gate = emit.node("gate", "Sigmoid", inside)
    if op.sign == "kept":
        return emit.result("Mul", x, gate)
    return emit.result("Abs", emit.node("swish", "Mul", x, gate))
