"""Padding and cropping of borders."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    arithmetic,
    constant,
    dimension,
    functional,
    layer,
    lower,
    met,
    number,
    option,
    size,
    window_sizes,
)
from netlang.backends.torch.python.tree import (
    Binary,
    Expression,
    Index,
    ListDisplay,
    Name,
    Operand,
    Slice,
    TupleDisplay,
    dotted,
)
from netlang.ir.dims import Dim
from netlang.ir.numbers.provenance import CallOrigin, origin_of
from netlang.ir.types import Types
from netlang.ops import cut
from netlang.ops.checks import axis_index
from netlang.ops.split import Split

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
    fixed = all(isinstance(item, int) for item in op.size)
    spare = [one - two for one, two in zip(spatial, op.size, strict=True)]
    if op.offset is None and (fixed or not all(isinstance(item, int) for item in spare)):
        return Lowered(function=functional(Name("center_crop"), *window_sizes(op.size, "size")))
    starts = [start for start in op.offsets(spatial) if isinstance(start, int)]
    slices = map(_window, starts, op.size, spare)
    return Lowered(function=Index(Operand(0), TupleDisplay((_ALL, _ALL, *slices))))


def _window(offset: int, wanted: Dim, spare: Dim) -> Slice:
    """A window along one axis, counted from whichever end has plain numbers."""
    start = number(offset, "offset")
    if isinstance(wanted, int):
        return Slice(start, number(offset + wanted, "end"))
    if isinstance(spare, int):
        behind = spare - offset
        return Slice(start, number(-behind, "end") if behind else None)
    stop = size(wanted, "size")
    return Slice(start, Binary("+", start, stop) if offset else stop)


@lower.register
def _split(op: Split, inputs: Types, outputs: Types) -> Lowered:
    if len(outputs) == 1:
        return Lowered(function=Operand(0), holds=_parts_met(op, inputs, 1))
    sizes: Expression
    if isinstance(op.size, tuple):
        sizes = ListDisplay(tuple(size(part, "size") for part in op.size))
    else:
        sizes = number(op.size, "size")
    dim = option("dim", constant(dimension(op.axis, inputs[0])), 0)
    split = functional(dotted("torch.split"), sizes, dim)
    return Lowered(function=split, holds=_parts_met(op, inputs, len(outputs)))


def _parts_met(op: Split, inputs: Types, parts: int) -> tuple[CallOrigin, ...]:
    """For which sizes a split has as many parts, and a smaller last one or none."""
    whole = inputs[0].shape[axis_index(op, inputs[0], op.axis)]
    if isinstance(op.size, tuple) or not isinstance(whole, int):
        return ()
    if origin_of(whole) is None and origin_of(op.size) is None:
        return ()
    filled = arithmetic("*", parts, op.size)
    if filled == whole:
        return (met("==", filled, whole),)
    return met("<", arithmetic("*", parts - 1, op.size), whole), met(">", filled, whole)


@lower.register
def _slice(op: cut.Slice, inputs: Types, outputs: Types) -> Lowered:
    x = inputs[0]
    axis = axis_index(op, x, op.axis)
    start: Expression | None = number(op.start, "start") if op.start else None
    stop = None if op.stop is None else number(op.stop, "stop")
    step = None if op.step == 1 else number(op.step, "step")
    before = (_ALL,) * dimension(axis, x)
    places = [place for place in (op.start, op.stop) if place is not None]
    signs = tuple(met("<" if p < 0 else ">=", p, 0) for p in places if origin_of(p) is not None)
    part = Index(Operand(0), TupleDisplay((*before, Slice(start, stop, step))))
    return Lowered(function=part, holds=signs)
