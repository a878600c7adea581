"""Enlarging by interpolation."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    constant,
    functional,
    lower,
    option,
    per_axis_number,
    size,
)
from netlang.backends.torch.python.tree import Keyword, TupleDisplay, call, dotted
from netlang.ir.types import Types
from netlang.ops.spatial import per_axis
from netlang.ops.upsample import Upsample

__all__: list[str] = []


@lower.register
def _upsample(op: Upsample, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    if op.size is not None:
        target = Keyword("size", TupleDisplay(tuple(size(item, "size") for item in op.size)))
    else:
        factors = per_axis(op.scale or 1, rank)
        target = Keyword("scale_factor", per_axis_number(factors, "scale"))
    mode = option("mode", constant(op.mode), "nearest")
    corners = option("align_corners", constant(op.align_corners), False)
    function = functional(dotted("F.interpolate"), target, mode, corners)
    if not all(isinstance(item, int) for item in op.size or ()):
        return Lowered(function=function)
    return Lowered(constructor=call("nn.Upsample", target, mode, corners), function=function)
