"""Constants: buffers made by torch's functions; where a size depends on the input, in `forward`."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Held,
    Lowered,
    applied,
    arithmetic,
    lower,
    number,
    size,
)
from netlang.backends.torch.lowering.elements.grids import axes_of
from netlang.backends.torch.python.tree import (
    Attribute,
    Binary,
    Constant,
    Expression,
    Index,
    Keyword,
    ListDisplay,
    Operand,
    TheModule,
    TupleDisplay,
    dotted,
)
from netlang.ir.numbers.provenance import Traced, TracedFloat, origin_of
from netlang.ir.types import DType, Types
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
from netlang.records import replace

__all__ = ["nested"]


@lower.register
def _listed(op: Listed, inputs: Types, outputs: Types) -> Lowered:
    # Arguments of a block are whole numbers, and torch makes a tensor of these of whole numbers.
    usual = op.whole() or not _is_traced(op.values)
    axes = axes_of(op.values)
    if axes is not None:
        kinds = {tuple((value, origin_of(value)) for value in axis) for axis in axes}
        alike = len(kinds) == 1 < len(axes)
        rows = [nested(axis, whole=op.whole()) for axis in (axes[:1] if alike else axes)]
        times = (Keyword("repeat", Constant(len(axes))),) if alike else ()
        step = _held(op, outputs, "grid", *rows, *times, usual=usual)
        return _with_ones(step, outputs[0].rank - len(axes) - 1)
    return _held(op, outputs, "torch.tensor", nested(op.values, whole=op.whole()), usual=usual)


def _with_ones(step: Lowered, count: int) -> Lowered:
    """The tensor with so many axes of length 1 in front."""
    if step.constructor is None or not count:
        return step
    made = step.constructor
    for _ in range(count):
        made = Index(made, Constant(None))
    return replace(step, constructor=made)


def nested(values: object, *, whole: bool) -> Expression:
    """A list as integers or floats; numbers with an origin as what they were made of."""
    if isinstance(values, tuple):
        return ListDisplay(tuple(nested(item, whole=whole) for item in values))
    if isinstance(values, Traced | TracedFloat):
        return number(values, "value")
    assert isinstance(values, int | float)
    return Constant(int(values) if whole else float(values))


def _is_traced(values: object) -> bool:
    if isinstance(values, tuple):
        return any(map(_is_traced, values))
    return isinstance(values, Traced)


@lower.register
def _arange(op: Arange, inputs: Types, outputs: Types) -> Lowered:
    if op.start == 0 and op.step == 1:
        return _held(op, outputs, "torch.arange", size(op.size, "size"), usual=op.whole())
    step = () if op.step == 1 else (number(op.step, "step"),)
    arguments = (number(op.start, "start"), _end(op), *step)
    return _held(op, outputs, "torch.arange", *arguments, usual=op.whole())


def _end(op: Arange) -> Expression:
    """``start + size * step``, before which the numbers end."""
    if isinstance(op.size, int):
        return number(arithmetic("+", op.start, arithmetic("*", op.size, op.step)), "end")
    length: Expression = size(op.size, "size")
    if op.step != 1:
        length = Binary("*", length, number(op.step, "step"))
    return length if op.start == 0 else Binary("+", number(op.start, "start"), length)


@lower.register
def _linspace(op: Linspace, inputs: Types, outputs: Types) -> Lowered:
    ends = number(op.start, "start"), number(op.stop, "stop")
    return _held(op, outputs, "torch.linspace", *ends, size(op.size, "size"), usual=True)


@lower.register
def _full(op: Full, inputs: Types, outputs: Types) -> Lowered:
    if not op.whole() and not isinstance(op.value, Traced):
        return _held(op, outputs, "torch.full", _shape(op), number(op.value, "value"), usual=True)
    value = op.value if isinstance(op.value, Traced) else int(op.value)
    return _held(op, outputs, "torch.full", _shape(op), number(value, "value"), usual=op.whole())


@lower.register
def _zeros(op: Zeros, inputs: Types, outputs: Types) -> Lowered:
    return _held(op, outputs, "torch.zeros", *_sizes(op), usual=not op.whole())


@lower.register
def _ones(op: Ones, inputs: Types, outputs: Types) -> Lowered:
    return _held(op, outputs, "torch.ones", *_sizes(op), usual=not op.whole())


@lower.register
def _eye(op: Eye, inputs: Types, outputs: Types) -> Lowered:
    return _held(op, outputs, "torch.eye", size(op.size, "size"), usual=True)


@lower.register
def _window_offsets(op: WindowOffsets, inputs: Types, outputs: Types) -> Lowered:
    window = (number(extent, "window") for extent in op.extents)
    flat = (Keyword("flat", Constant(True)),) if op.flat else ()
    return _held(op, outputs, "window_offsets", *window, *flat, usual=op.whole())


def _shape(op: Filled) -> TupleDisplay:
    return TupleDisplay(tuple(size(item, "size") for item in op.shape))


def _sizes(op: Filled) -> tuple[Expression, ...]:
    """The sizes as arguments; without one, torch asks for the empty tuple."""
    return _shape(op).items or (TupleDisplay(()),)


def _held(
    op: Table, outputs: Types, function: str, *arguments: Expression | Keyword, usual: bool
) -> Lowered:
    """A tensor made once, or made on the device of the value that its size is read from.

    `usual` says that the function gives the type of elements wanted, if floats are float32.
    """
    dtype, typed = outputs[0].dtype, list[Keyword]()
    if not usual or dtype not in (DType.FLOAT32, DType.INT64):
        typed.append(Keyword("dtype", dotted(f"torch.{dtype.value}")))
    made = dotted(function)
    if op.tensor() is not None:
        held: Held = "buffer" if op.persistent else "constant"
        return Lowered(applied(made, *arguments, *typed), apply=TheModule(), held=held)
    device = Keyword("device", Attribute(Operand(0), "device"))
    return Lowered(function=applied(made, *arguments, *typed, device))
