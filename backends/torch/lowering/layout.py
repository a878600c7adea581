"""Operators that only lay elements out in another way."""

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
    permuted,
)
from netlang.backends.torch.python.tree import (
    Attribute,
    Constant,
    Expression,
    Index,
    Name,
    Operand,
    TupleDisplay,
    call,
    dotted,
)
from netlang.ir.dims import Dim
from netlang.ir.types import Types
from netlang.ops.axes import distinct_axes
from netlang.ops.layout import Flatten, Reshape, Transpose

__all__: list[str] = []


@lower.register
def _flatten(op: Flatten, inputs: Types, outputs: Types) -> Lowered:
    start = dimension(op.start, inputs[0])
    end = option("end_dim", constant(dimension(op.end, inputs[0])), -1)
    return Lowered(
        constructor=call("nn.Flatten", option("start_dim", constant(start), 1), end),
        function=functional(dotted("torch.flatten"), constant(start), end),
    )


@lower.register
def _reshape(op: Reshape, inputs: Types, outputs: Types) -> Lowered:
    shape = _sizes(op.shape)
    fixed = all(size != Constant(-1) for size in shape)
    batch = Constant(-1) if fixed else Index(Attribute(Operand(0), "shape"), Constant(0))
    function = applied(Attribute(Operand(0), "reshape"), batch, *shape)
    if inputs[0].rank == 1 and fixed:
        unflatten = call("nn.Unflatten", Constant(1), TupleDisplay(shape))
        return Lowered(constructor=unflatten, function=function)
    return Lowered(constructor=applied(Name("Reshape"), *shape), function=function)


def _sizes(shape: tuple[Dim, ...]) -> tuple[Expression, ...]:
    """The shape wanted, with -1 for the one size that depends on the input."""
    symbolic = sum(not isinstance(size, int) for size in shape)
    return tuple(
        Constant(-1) if symbolic == 1 and not isinstance(size, int) else number(size, "shape")
        for size in shape
    )


@lower.register
def _transpose(op: Transpose, inputs: Types, outputs: Types) -> Lowered:
    order = distinct_axes(op, inputs[0], op.axes, every=True)
    function = permuted(Operand(0), order, inputs[0])
    return Lowered(constructor=applied(Name("Permute"), *function.arguments), function=function)
