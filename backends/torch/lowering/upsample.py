"""Enlarging by interpolation."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    constant,
    functional,
    lower,
    number,
    option,
    per_axis_number,
)
from netlang.backends.torch.python.tree import Expression, Keyword, TupleDisplay, call, dotted
from netlang.ir.types import Types
from netlang.ops.spatial import per_axis
from netlang.ops.upsample import Upsample

__all__: list[str] = []


@lower.register
def _upsample(op: Upsample, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    if op.size is not None:
        sizes: Expression = TupleDisplay(tuple(number(size, "size") for size in op.size))
        target = Keyword("size", sizes)
    else:
        factors = per_axis(op.scale or 1, rank)
        target = Keyword("scale_factor", per_axis_number(factors, "scale"))
    mode = option("mode", constant(op.mode), "nearest")
    corners = option("align_corners", constant(op.align_corners), False)
    return Lowered(
        constructor=call("nn.Upsample", target, mode, corners),
        function=functional(dotted("F.interpolate"), target, mode, corners),
    )
