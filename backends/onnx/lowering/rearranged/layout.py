"""Operators that only rearrange elements."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.axes import full_axis
from netlang.backends.onnx.lowering.registry import lower
from netlang.ir.dims import Dim, Expr
from netlang.ops.axes import distinct_axes
from netlang.ops.checks import axis_index, fixed
from netlang.ops.layout import Flatten, Reshape, Transpose
from netlang.ops.shuffle import ChannelShuffle, PixelShuffle

__all__ = ["reshaped"]


@lower.register
def _(op: Flatten, emit: Emitter) -> tuple[str, ...]:
    x = emit.step.types[0]
    start, end = axis_index(op, x, op.start), axis_index(op, x, op.end)
    if start == end:
        return emit.step.inputs
    if (start, end) == (0, x.rank - 1) and x.batch is not None:
        return emit.result("Flatten", *emit.step.inputs, axis=1)
    return reshaped(emit.step.outputs[0].shape, emit)


@lower.register
def _(op: Reshape, emit: Emitter) -> tuple[str, ...]:
    if emit.step.outputs == emit.step.types:
        return emit.step.inputs
    return reshaped(emit.step.outputs[0].shape, emit)


@lower.register
def _(op: Transpose, emit: Emitter) -> tuple[str, ...]:
    x = emit.step.types[0]
    order = distinct_axes(op, x, op.axes, every=True)
    batch = [] if x.batch is None else [0]
    perm = [*batch, *(full_axis(axis, x) for axis in order)]
    return emit.result("Transpose", *emit.step.inputs, perm=perm)


@lower.register
def _(op: ChannelShuffle, emit: Emitter) -> tuple[str, ...]:
    (x,), (type_,) = emit.step.inputs, emit.step.types
    channels = fixed(op, type_.channels, "the input channels")
    shape = emit.integers("groups.shape", [0, op.groups, channels // op.groups, -1])
    groups = emit.node("groups", "Reshape", x, shape)
    turned = emit.node("turned", "Transpose", groups, perm=[0, 2, 1, 3])
    return reshaped(type_.shape, emit, turned)


@lower.register
def _(op: PixelShuffle, emit: Emitter) -> tuple[str, ...]:
    return emit.result("DepthToSpace", *emit.step.inputs, blocksize=op.factor, mode="CRD")


def reshaped(shape: Sequence[Dim], emit: Emitter, x: str | None = None) -> tuple[str, ...]:
    """The result of the step: `x`, or its first input, reshaped after its batch axis, if any.

    The first size is a 0, which copies the batch of the input, if it has one. A symbolic size is
    left to the runtime.
    """
    x = emit.step.inputs[0] if x is None else x
    symbolic = [size for size in shape if isinstance(size, Expr)]
    if len(symbolic) > 1:
        batch = () if emit.step.types[0].batch is None else (emit.sizes.name(0),)
        target = emit.node("shape", "Concat", *batch, *map(emit.sizes.name, shape), axis=0)
        return emit.result("Reshape", x, target)
    kept = [] if emit.step.types[0].batch is None else [0]
    sizes = [*kept, *(-1 if isinstance(size, Expr) else int(size) for size in shape)]
    return emit.result("Reshape", x, emit.integers("shape", sizes))
