"""Elements added at the borders and taken away from them."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    Unsupported,
    constant,
    dimension,
    functional,
    layer,
    lower,
    number,
    option,
)
from netlang.backends.torch.python.tree import (
    Expression,
    Index,
    Name,
    Operand,
    Slice,
    TupleDisplay,
    dotted,
)
from netlang.ir.dims import Dim
from netlang.ir.types import Types
from netlang.ops import cut
from netlang.ops.checks import axis_index
from netlang.ops.spatial import per_axis

__all__: list[str] = []

_ALL = Slice(None, None)
_MODULES = {"reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}


@lower.register
def _pad(op: cut.Pad, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    amounts = TupleDisplay(
        tuple(number(amount, "padding") for pair in reversed(op.pads(rank)) for amount in pair)
    )
    if op.mode == "constant":
        value = option("value", number(op.value, "value"), 0.0)
        return Lowered(
            constructor=layer(
                dotted(f"nn.ConstantPad{rank}d"), None, amounts, option("value", value.value)
            ).constructor,
            function=functional(dotted("F.pad"), amounts, value),
        )
    return Lowered(
        constructor=layer(dotted(f"nn.{_MODULES[op.mode]}Pad{rank}d"), None, amounts).constructor,
        function=functional(dotted("F.pad"), amounts, option("mode", constant(op.mode))),
    )


@lower.register
def _crop(op: cut.Crop, inputs: Types, outputs: Types) -> Lowered:
    spatial = inputs[0].spatial
    if op.offset is None and all(isinstance(size, int) for size in op.size):
        sizes = (number(size, "size") for size in op.size)
        return Lowered(function=functional(Name("center_crop"), *sizes))
    offsets = None if op.offset is None else per_axis(op.offset, len(spatial))
    slices = tuple(
        _window(size, wanted, None if offsets is None else offsets[axis])
        for axis, (size, wanted) in enumerate(zip(spatial, op.size, strict=True))
    )
    return Lowered(function=Index(Operand(0), TupleDisplay((_ALL, _ALL, *slices))))


def _window(size: Dim, wanted: Dim, offset: int | None) -> Slice:
    """A window along one axis, told from whichever end has plain numbers."""
    if offset is not None and isinstance(wanted, int):
        return Slice(number(offset, "offset"), number(offset + wanted, "end"))
    spare = size - wanted
    if not isinstance(spare, int):
        raise Unsupported("the size of the window depends on the size of another value")
    start = spare // 2 if offset is None else offset
    behind = spare - start
    return Slice(number(start, "offset"), number(-behind, "end") if behind else None)


@lower.register
def _slice(op: cut.Slice, inputs: Types, outputs: Types) -> Lowered:
    x = inputs[0]
    axis = axis_index(op, x, op.axis)
    start: Expression | None = number(op.start, "start") if op.start else None
    stop = None if op.stop is None else number(op.stop, "stop")
    step = None if op.step == 1 else number(op.step, "step")
    before = (_ALL,) * dimension(axis, x)
    return Lowered(function=Index(Operand(0), TupleDisplay((*before, Slice(start, stop, step)))))
