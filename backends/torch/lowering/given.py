"""Operators whose weights are values: torch's functions in place of modules."""

from __future__ import annotations

from functools import singledispatch

from netlang.backends.torch.lowering.base import (
    Lowered,
    Unsupported,
    epsilon,
    functional,
    lower,
    number,
    option,
    per_axis_number,
    permuted,
)
from netlang.backends.torch.lowering.feature_maps.conv import padded, padding_argument
from netlang.backends.torch.lowering.features.norm import UNCHECKED_GROUP_NORM, may_have_one_value
from netlang.backends.torch.python.traverse import map_expression
from netlang.backends.torch.python.tree import (
    Binary,
    Call,
    Constant,
    Expression,
    Index,
    Operand,
    Slice,
    TupleDisplay,
    dotted,
)
from netlang.ir.op import Op
from netlang.ir.types import TensorType, Types
from netlang.ops.axes import distinct_axes
from netlang.ops.conv import Conv
from netlang.ops.conv_transpose import ConvTranspose
from netlang.ops.given import own_inputs
from netlang.ops.linear import Linear
from netlang.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from netlang.ops.rms_norm import RmsNorm
from netlang.ops.spatial import extents, padding, per_axis
from netlang.ops.tensor import Embedding
from netlang.records import replace

__all__ = ["lower_given"]

_WEIGHT = Operand(1)


def lower_given(op: Op, inputs: Types, outputs: Types) -> Lowered:
    """The step that applies `op` with weights that are values: its inputs from the second on."""
    if op.given == ("bias",):
        plain = replace(op, given=(), bias=False)
        step = lower(plain, own_inputs(op, inputs), outputs)
        along = _along_channels(Operand(1), op, inputs)
        function = None if step.function is None else Binary("+", step.function, along)
        return replace(step, apply=Binary("+", step.apply, along), function=function)
    return _lower(op, inputs, outputs)


@singledispatch
def _lower(op: Op, inputs: Types, outputs: Types) -> Lowered:
    raise Unsupported(f"the weights of `{op.name}` can't be values")


def _along_channels(value: Expression, op: Op, inputs: Types) -> Expression:
    """A number for each channel, or for each feature, so that it broadcasts over the places."""
    x = inputs[0]
    if isinstance(op, Linear | LayerNorm) or x.rank == 1:
        return value
    places = (Constant(None),) * (x.rank - 1)
    return Index(value, TupleDisplay((Slice(None, None), *places)))


def _bias(op: Op) -> tuple[Expression, ...]:
    return (Operand(op.given.index("bias") + 1),) if "bias" in op.given else ()


@_lower.register
def _conv(op: Conv, inputs: Types, outputs: Types) -> Lowered:
    if op.standardize:
        raise Unsupported("`standardize` is for a weight of its own; steps standardise a value")
    rank = inputs[0].rank - 1
    kernel, stride = per_axis(op.kernel, rank), per_axis(op.stride, rank)
    dilation = per_axis(op.dilation, rank)
    pads = padding(op.pad, extents(kernel, dilation))
    symmetric = all(before == after for before, after in pads)
    outside = op.pad_mode != "zeros" and any(map(any, pads))
    outside = outside or (not symmetric and any(step != 1 for step in stride))
    call = functional(
        dotted(f"F.conv{rank}d"),
        _WEIGHT,
        *_bias(op),
        option("stride", per_axis_number(stride, "stride"), 1),
        *(() if outside else (padding_argument(op, kernel, dilation, symmetric, rank),)),
        option("dilation", per_axis_number(dilation, "dilation"), 1),
        option("groups", number(op.groups, "groups"), 1),
    )
    return Lowered(function=_over(call, padded(pads, op.pad_mode)) if outside else call)


def _over(part: Expression, x: Expression) -> Expression:
    """``part`` with `x` for its first operand."""

    def change(inner: Expression) -> Expression:
        return x if inner == Operand(0) else inner

    return map_expression(part, change)


@_lower.register
def _conv_transpose(op: ConvTranspose, inputs: Types, outputs: Types) -> Lowered:
    rank = inputs[0].rank - 1
    extra = per_axis(op.output_pad, rank)
    call = functional(
        dotted(f"F.conv_transpose{rank}d"),
        _WEIGHT,
        *_bias(op),
        option("stride", per_axis_number(per_axis(op.stride, rank), "stride"), 1),
        option("padding", per_axis_number(per_axis(op.pad, rank), "padding"), 0),
        option("output_padding", per_axis_number(extra, "output_padding"), 0),
        option("groups", number(op.groups, "groups"), 1),
        option("dilation", per_axis_number(per_axis(op.dilation, rank), "dilation"), 1),
    )
    return Lowered(function=call)


@_lower.register
def _linear(op: Linear, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(function=functional(dotted("F.linear"), _WEIGHT, *_bias(op)))


@_lower.register
def _embedding(op: Embedding, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(function=functional(dotted("F.embedding"), _WEIGHT))


@_lower.register
def _layer_norm(op: LayerNorm, inputs: Types, outputs: Types) -> Lowered:
    x = inputs[0]
    axes = distinct_axes(op, x, op.axes)
    sizes = TupleDisplay(tuple(number(x.shape[axis], "normalized_shape") for axis in axes))
    eps = option("eps", number(op.eps, "eps"), 1e-5)
    call = functional(dotted("F.layer_norm"), sizes, _WEIGHT, *_bias(op), eps)
    return _along(call, axes, x)


@_lower.register
def _rms_norm(op: RmsNorm, inputs: Types, outputs: Types) -> Lowered:
    x = inputs[0]
    axes = distinct_axes(op, x, op.axes)
    sizes = TupleDisplay(tuple(number(x.shape[axis], "normalized_shape") for axis in axes))
    eps = option("eps", epsilon(op.eps, inputs))
    return _along(functional(dotted("F.rms_norm"), sizes, _WEIGHT, eps), axes, x)


def _along(call: Call, axes: tuple[int, ...], x: TensorType) -> Lowered:
    """A function that normalises the last axes; others are moved there and back."""
    if axes == tuple(range(x.rank - len(axes), x.rank)):
        return Lowered(function=call)
    order = (*(axis for axis in range(x.rank) if axis not in axes), *axes)
    back = tuple(order.index(axis) for axis in range(x.rank))
    return Lowered(function=permuted(_over(call, permuted(Operand(0), order, x)), back, x))


@_lower.register
def _group_norm(op: GroupNorm, inputs: Types, outputs: Types) -> Lowered:
    groups, eps = number(op.groups, "groups"), option("eps", number(op.eps, "eps"), 1e-5)
    one = may_have_one_value(op, inputs[0])
    function = UNCHECKED_GROUP_NORM if one else dotted("F.group_norm")
    return Lowered(function=functional(function, groups, _WEIGHT, *_bias(op), eps))


@_lower.register(InstanceNorm)
@_lower.register(BatchNorm)
def _scaled(op: InstanceNorm | BatchNorm, inputs: Types, outputs: Types) -> Lowered:
    """The norm without weights, then a factor and a summand for each channel."""
    step = lower(replace(op, given=(), affine=False), own_inputs(op, inputs), outputs)
    factor = _along_channels(Operand(1), op, inputs)
    summand = _along_channels(Operand(2), op, inputs)
    return replace(step, apply=Binary("+", Binary("*", step.apply, factor), summand))
