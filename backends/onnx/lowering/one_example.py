"""Operators that need a batch, applied to a value without one: as to a batch of one example."""

from __future__ import annotations

from dataclasses import replace

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.ir.types import TensorType
from netlang.records import replace as replaced

__all__ = ["lower_step"]


def lower_step(emit: Emitter) -> tuple[str, ...]:
    """The nodes of a step, for values with a batch axis or without one."""
    step = emit.step
    if not step.op.one_example or step.types[0].batch is not None:
        return lower(step.op, emit)
    axis = emit.integers("example.axis", [0])
    x = emit.node("example", "Unsqueeze", step.inputs[0], axis)
    inner = replace(
        step,
        path=f"{step.path}/batch",
        inputs=(x, *step.inputs[1:]),
        types=(_example(step.types[0]), *step.types[1:]),
        outputs=tuple(map(_example, step.outputs)),
    )
    (y,) = lower(step.op, replace(emit, step=inner))
    return emit.result("Squeeze", y, axis)


def _example(x: TensorType) -> TensorType:
    return replaced(x, batch=1)
