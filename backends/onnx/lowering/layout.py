"""Operators that lay elements out in another way."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.ir.dims import Dim, Expr
from netlang.ops.checks import axis_index
from netlang.ops.layout import Flatten, Reshape

__all__ = ["reshaped"]


@lower.register
def _(op: Flatten, emit: Emitter) -> tuple[str, ...]:
    x = emit.step.types[0]
    start, end = axis_index(op, x, op.start), axis_index(op, x, op.end)
    if start == end:
        return emit.step.inputs
    if (start, end) == (0, x.rank - 1):
        return emit.result("Flatten", *emit.step.inputs, axis=1)
    return reshaped(emit.step.outputs[0].shape, emit)


@lower.register
def _(op: Reshape, emit: Emitter) -> tuple[str, ...]:
    if emit.step.outputs == emit.step.types:
        return emit.step.inputs
    return reshaped(emit.step.outputs[0].shape, emit)


def reshaped(shape: Sequence[Dim], emit: Emitter) -> tuple[str, ...]:
    """The first input with another shape behind its batch axis.

    A 0 takes the batch over from the input; one symbolic size is left to the runtime.
    """
    (x, *_) = emit.step.inputs
    symbolic = [size for size in shape if isinstance(size, Expr)]
    if len(symbolic) > 1:
        batch = emit.sizes.name(0)
        target = emit.node("shape", "Concat", batch, *map(emit.sizes.name, shape), axis=0)
        return emit.result("Reshape", x, target)
    sizes = [0, *(-1 if isinstance(size, Expr) else int(size) for size in shape)]
    return emit.result("Reshape", x, emit.integers("shape", sizes))
