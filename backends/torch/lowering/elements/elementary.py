"""Arithmetic with given numbers, elementary functions, and reductions."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    applied,
    constant,
    dimension,
    functional,
    lower,
    number,
    option,
)
from netlang.backends.torch.python.tree import (
    Attribute,
    Binary,
    Expression,
    Keyword,
    ListDisplay,
    Operand,
    TupleDisplay,
    Unary,
    call,
    dotted,
)
from netlang.ir.types import TensorType, Types
from netlang.ops import elementary, reduce
from netlang.ops.scale import Numbers, Scale

__all__: list[str] = []


@lower.register
def _scale(op: Scale, inputs: Types, outputs: Types) -> Lowered:
    if isinstance(op.by, tuple) or isinstance(op.offset, tuple):
        return _per_channel(op, inputs[0])
    found: Expression = Operand(0)
    if op.by != 1.0 or op.offset == 0.0:
        found = Binary("*", found, number(op.by, "by"))
    if op.offset > 0.0:
        found = Binary("+", found, number(op.offset, "offset"))
    elif op.offset < 0.0:
        found = Binary("-", found, number(-op.offset, "offset"))
    return Lowered(function=found, light=True, overwritable=True)


def _per_channel(op: Scale, x: TensorType) -> Lowered:
    """Lists may be long, so they stand in a constructor."""
    offset = option("offset", _numbers(op.offset, "offset"), 0.0)
    places = option("places", constant(x.rank - 1), 0)
    return Lowered(call("Scale", _numbers(op.by, "by"), offset, places), light=True)


def _numbers(given: Numbers, role: str) -> Expression:
    if isinstance(given, tuple):
        return ListDisplay(tuple(number(item, role) for item in given))
    return number(given, role)


@lower.register(elementary.Exp)
@lower.register(elementary.Sin)
@lower.register(elementary.Cos)
@lower.register(elementary.Log)
@lower.register(elementary.Sqrt)
@lower.register(elementary.Rsqrt)
@lower.register(elementary.Abs)
@lower.register(elementary.Round)
def _elementary(
    op: elementary.Exp
    | elementary.Sin
    | elementary.Cos
    | elementary.Log
    | elementary.Sqrt
    | elementary.Rsqrt
    | elementary.Abs
    | elementary.Round,
    inputs: Types,
    outputs: Types,
) -> Lowered:
    return Lowered(function=functional(dotted(f"torch.{op.name}")), light=True)


@lower.register
def _neg(op: elementary.Neg, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(function=Unary("-", Operand(0)), light=True)


@lower.register
def _pow(op: elementary.Pow, inputs: Types, outputs: Types) -> Lowered:
    exponent = int(op.exponent) if op.exponent.is_integer() else op.exponent
    return Lowered(function=Binary("**", Operand(0), number(exponent, "exponent")), light=True)


@lower.register
def _clamp(op: elementary.Clamp, inputs: Types, outputs: Types) -> Lowered:
    bounds = [
        Keyword(name, number(value, name))
        for name, value in (("min", op.min), ("max", op.max))
        if value is not None
    ]
    return Lowered(function=applied(Attribute(Operand(0), "clamp"), *bounds), light=True)


@lower.register(reduce.Mean)
@lower.register(reduce.Sum)
@lower.register(reduce.Amax)
@lower.register(reduce.Amin)
def _reduction(
    op: reduce.Mean | reduce.Sum | reduce.Amax | reduce.Amin, inputs: Types, outputs: Types
) -> Lowered:
    """``x.mean((2, 3), keepdim=True)``."""
    given = (op.axes,) if isinstance(op.axes, int) else op.axes
    dims = tuple(constant(dimension(axis, inputs[0])) for axis in given)
    along = dims[0] if len(dims) == 1 else TupleDisplay(dims)
    keep = option("keepdim", constant(op.keep), False)
    return Lowered(function=applied(Attribute(Operand(0), op.name), along, keep), light=True)
