"""Elements moved or chosen along axes, windows as columns, comparisons and choices."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    applied,
    constant,
    dimension,
    functional,
    layer,
    lower,
    number,
    option,
    per_axis_number,
    size,
)
from netlang.backends.torch.python.tree import (
    Attribute,
    Binary,
    Constant,
    Expression,
    Index,
    Keyword,
    ListDisplay,
    Operand,
    Slice,
    TupleDisplay,
    call,
    dotted,
)
from netlang.ir.types import Types
from netlang.ops import compare
from netlang.ops.checks import axis_index
from netlang.ops.places import Cumsum, Expand, Gather, Roll
from netlang.ops.shuffle import PixelUnshuffle
from netlang.ops.unfold import Fold, Unfold

__all__: list[str] = []

_SIGNS = {
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
}


@lower.register
def _roll(op: Roll, inputs: Types, outputs: Types) -> Lowered:
    shifts = (op.shift,) if isinstance(op.shift, int) else op.shift
    axes = (op.axes,) if isinstance(op.axes, int) else op.axes
    moved = tuple(number(shift, "shift") for shift in shifts)
    along = tuple(constant(dimension(axis, inputs[0])) for axis in axes)
    if len(axes) == 1:
        return Lowered(function=functional(dotted("torch.roll"), moved[0], along[0]))
    both = TupleDisplay(moved), TupleDisplay(along)
    return Lowered(function=functional(dotted("torch.roll"), *both))


@lower.register
def _gather(op: Gather, inputs: Types, outputs: Types) -> Lowered:
    """``x[:, 0]``, ``x[:, [2, 0, 1]]``."""
    x = inputs[0]
    chosen: Expression
    if isinstance(op.at, int):
        chosen = number(op.at, "place")
    else:
        chosen = ListDisplay(tuple(number(place, "place") for place in op.at))
    before = (Slice(None, None),) * dimension(axis_index(op, x, op.axis), x)
    return Lowered(
        function=Index(Operand(0), TupleDisplay((*before, chosen)) if before else chosen)
    )


@lower.register
def _expand(op: Expand, inputs: Types, outputs: Types) -> Lowered:
    x = inputs[0]
    new = len(op.shape) - x.rank
    kept = (*(None,) * new, *x.shape)
    sizes = tuple(
        Constant(-1) if wanted == old else size(wanted, "shape")
        for wanted, old in zip(op.shape, kept, strict=True)
    )
    batch = () if x.batch is None else (Constant(-1),)
    return Lowered(function=applied(Attribute(Operand(0), "expand"), *batch, *sizes))


@lower.register
def _cumsum(op: Cumsum, inputs: Types, outputs: Types) -> Lowered:
    dim = option("dim", constant(dimension(op.axis, inputs[0])))
    return Lowered(function=applied(Attribute(Operand(0), "cumsum"), dim))


@lower.register
def _pixel_unshuffle(op: PixelUnshuffle, inputs: Types, outputs: Types) -> Lowered:
    factor = number(op.factor, "downscale_factor")
    return layer(dotted("nn.PixelUnshuffle"), dotted("F.pixel_unshuffle"), factor)


def _windows(op: Unfold | Fold) -> tuple[Expression | Keyword, ...]:
    return (
        per_axis_number(op.pair("kernel"), "kernel_size"),
        option("dilation", per_axis_number(op.pair("dilation"), "dilation"), 1),
        option("padding", per_axis_number(op.pair("pad"), "padding"), 0),
        option("stride", per_axis_number(op.pair("stride"), "stride"), 1),
    )


@lower.register
def _unfold(op: Unfold, inputs: Types, outputs: Types) -> Lowered:
    return layer(dotted("nn.Unfold"), dotted("F.unfold"), *_windows(op))


@lower.register
def _fold(op: Fold, inputs: Types, outputs: Types) -> Lowered:
    image = TupleDisplay(tuple(number(item, "output_size") for item in op.image()))
    return layer(dotted("nn.Fold"), dotted("F.fold"), image, *_windows(op))


@lower.register(compare.Equal)
@lower.register(compare.NotEqual)
@lower.register(compare.Less)
@lower.register(compare.LessEqual)
@lower.register(compare.Greater)
@lower.register(compare.GreaterEqual)
def _comparison(op: compare.Comparison, inputs: Types, outputs: Types) -> Lowered:
    other: Expression = Operand(1)
    if op.to is not None:
        whole = not inputs[0].dtype.is_float
        other = number(int(op.to) if whole else op.to, "to")
    return Lowered(function=Binary(_SIGNS[op.name], Operand(0), other))


@lower.register
def _where(op: compare.Where, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(function=call("torch.where", Operand(0), Operand(1), Operand(2)))
