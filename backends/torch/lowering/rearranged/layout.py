"""Operators that only rearrange elements."""

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
    size,
)
from netlang.backends.torch.python.tree import (
    Attribute,
    Constant,
    Index,
    Name,
    Operand,
    SizeOf,
    TupleDisplay,
    call,
    dotted,
)
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
    if inputs[0].batch is None:
        sizes = [size(item, "shape") for item in op.shape]
        if sum(not isinstance(item, int) for item in op.shape) == 1:
            sizes = [Constant(-1) if isinstance(item, SizeOf) else item for item in sizes]
        return Lowered(function=applied(Attribute(Operand(0), "reshape"), *sizes))
    symbolic = sum(not isinstance(item, int) for item in op.shape)
    if symbolic > 1:
        shape = tuple(size(item, "shape") for item in op.shape)
        return Lowered(function=applied(Attribute(Operand(0), "reshape"), Constant(-1), *shape))
    shape = tuple(
        number(item, "shape") if isinstance(item, int) else Constant(-1) for item in op.shape
    )
    batch = Index(Attribute(Operand(0), "shape"), Constant(0)) if symbolic else Constant(-1)
    function = applied(Attribute(Operand(0), "reshape"), batch, *shape)
    if inputs[0].rank == 1 and not symbolic and shape:  # nn.Unflatten refuses no sizes
        unflatten = call("nn.Unflatten", Constant(1), TupleDisplay(shape))
        return Lowered(constructor=unflatten, function=function)
    return Lowered(constructor=applied(Name("Reshape"), *shape), function=function)


@lower.register
def _transpose(op: Transpose, inputs: Types, outputs: Types) -> Lowered:
    order = distinct_axes(op, inputs[0], op.axes, every=True)
    function = permuted(Operand(0), order, inputs[0])
    return Lowered(constructor=applied(Name("Permute"), *function.arguments), function=function)
