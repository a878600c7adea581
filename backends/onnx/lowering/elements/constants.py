"""Constants: initializers, or nodes where a size depends on the input or is large."""

from __future__ import annotations

from math import prod

import numpy as np

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.backends.onnx.types import element_type
from netlang.ir.types import DType
from netlang.ops.constants import (
    Arange,
    Eye,
    Filled,
    Full,
    Linspace,
    Listed,
    Ones,
    Table,
    WindowOffsets,
    Zeros,
)

__all__: list[str] = []

# Elements of a table that a file may hold, 4 MB of float32; a runtime makes larger ones itself.
_MOST_STORED = 2**20


def _initializer(op: Table, emit: Emitter) -> tuple[str, ...] | None:
    """The tensor that the file holds; None if its size depends on the input or is large."""
    made = op.tensor()
    if made is None or (not op.persistent and _count(op) > _MOST_STORED):
        return None
    return (emit.weight("") if op.persistent else emit.given(made),)


def _count(op: Table) -> int:
    """The elements of a table whose sizes are numbers."""
    return prod(size for size in op.sizes() if isinstance(size, int))


@lower.register
def _(op: Listed, emit: Emitter) -> tuple[str, ...]:
    found = _initializer(op, emit)
    assert found is not None, "its size is that of the list"
    return found


@lower.register
def _(op: Arange, emit: Emitter) -> tuple[str, ...]:
    if (found := _initializer(op, emit)) is not None:
        return found
    end = emit.node("end", "Squeeze", emit.sizes.name(op.size * op.step + op.start))
    limits = emit.integers("start", op.start), end, emit.integers("step", op.step)
    if op.whole():
        return emit.result("Range", *limits)
    return emit.result("Cast", emit.node("whole", "Range", *limits), to=_to(emit))


@lower.register
def _(op: Linspace, emit: Emitter) -> tuple[str, ...]:
    """start + i (stop - start) / max(size - 1, 1)."""
    if (found := _initializer(op, emit)) is not None:
        return found
    size = emit.sizes.name(op.size)
    limits = emit.integers("zero", 0), emit.node("end", "Squeeze", size), emit.integers("one", 1)
    steps = emit.node("steps", "Max", emit.sizes.name(op.size - 1), limits[2])
    distance = _number("distance", op.stop - op.start, emit)
    places, count = (
        emit.node(f"{name}.floats", "Cast", value, to=_to(emit))
        for name, value in (("places", emit.node("places", "Range", *limits)), ("steps", steps))
    )
    step = emit.node("step", "Div", distance, count)
    moved = emit.node("moved", "Mul", places, step)
    return emit.result("Add", moved, _number("start", op.start, emit))


@lower.register(Full)
@lower.register(Zeros)
@lower.register(Ones)
def _(op: Filled, emit: Emitter) -> tuple[str, ...]:
    if (found := _initializer(op, emit)) is not None:
        return found
    return emit.result("Expand", _number("value", op.filling, emit), emit.sizes.vector(op.shape))


@lower.register
def _(op: Eye, emit: Emitter) -> tuple[str, ...]:
    if (found := _initializer(op, emit)) is not None:
        return found
    blank = emit.node("blank", "ConstantOfShape", emit.sizes.vector(op.sizes()))
    if emit.step.outputs[0].dtype in (DType.FLOAT32, DType.FLOAT64):
        return emit.result("EyeLike", blank, dtype=_to(emit))
    return emit.result("Cast", emit.node("floats", "EyeLike", blank), to=_to(emit))


@lower.register
def _(op: WindowOffsets, emit: Emitter) -> tuple[str, ...]:
    found = _initializer(op, emit)
    assert found is not None, "a window has 32 x 32 places at most"
    return found


def _to(emit: Emitter) -> int:
    """The type of the step's elements, as a Cast names it."""
    return element_type(emit.step.outputs[0].dtype)


def _number(suffix: str, value: float, emit: Emitter) -> str:
    """A number of the type of the step's elements; numpy lacks some of these types."""
    dtype = emit.step.outputs[0].dtype
    if dtype is DType.INT64:
        return emit.integers(suffix, int(value))
    kind = np.float64 if dtype is DType.FLOAT64 else np.float32
    made = emit.graph.constant(f"{emit.step.path}/{suffix}", np.asarray(value, kind))
    if dtype in (DType.FLOAT64, DType.FLOAT32):
        return made
    return emit.node(f"{suffix}.narrow", "Cast", made, to=_to(emit))
