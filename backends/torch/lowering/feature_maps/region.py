"""Pooling of boxes, by functions that the emitted source contains, since torch has none."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    constant,
    functional,
    lower,
    number,
    option,
)
from netlang.backends.torch.python.tree import Keyword, Name, Operand, TupleDisplay
from netlang.ir.types import Types
from netlang.ops.region import RoiAlign, RoiPool
from netlang.ops.spatial import Sizes, per_axis

__all__: list[str] = []


def _size(out: Sizes) -> TupleDisplay:
    return TupleDisplay(tuple(number(size, "output_size") for size in per_axis(out, 2)))


def _scale(scale: float) -> Keyword:
    return option("spatial_scale", number(scale, "spatial_scale"), 1.0)


@lower.register
def _roi_pool(op: RoiPool, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(
        function=functional(Name("roi_pool"), Operand(1), _size(op.out), _scale(op.scale))
    )


@lower.register
def _roi_align(op: RoiAlign, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(
        function=functional(
            Name("roi_align"),
            Operand(1),
            _size(op.out),
            _scale(op.scale),
            option("sampling_ratio", number(op.sampling_ratio, "sampling_ratio"), 2),
            option("aligned", constant(op.aligned), False),
        )
    )
