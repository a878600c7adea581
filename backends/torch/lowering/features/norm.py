"""Normalizations."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import (
    Lowered,
    applied,
    constant,
    epsilon,
    functional,
    layer,
    lower,
    number,
    option,
    permuted,
)
from netlang.backends.torch.python.tree import (
    Attribute,
    Call,
    Expression,
    Name,
    Operand,
    TheModule,
    TupleDisplay,
    dotted,
)
from netlang.ir.numbers.computed import is_number
from netlang.ir.types import TensorType, Types
from netlang.ops.axes import distinct_axes
from netlang.ops.frozen_norm import FrozenBatchNorm
from netlang.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from netlang.ops.response_norm import LocalResponseNorm
from netlang.ops.rms_norm import RmsNorm
from netlang.ops.switchable_norm import SwitchableNorm
from netlang.records import replace

__all__ = ["UNCHECKED_GROUP_NORM", "may_have_one_value"]

UNCHECKED_GROUP_NORM = dotted("torch.group_norm")
"""What `F.group_norm` calls when it has looked at the sizes."""


@lower.register
def _batch_norm(op: BatchNorm, inputs: Types, outputs: Types) -> Lowered:
    rank = max(inputs[0].rank - 1, 1)
    lowered = layer(
        dotted(f"nn.BatchNorm{rank}d"),
        None,
        number(inputs[0].channels, "num_features"),
        option("eps", number(op.eps, "eps"), 1e-5),
        option("momentum", number(op.momentum, "momentum"), 0.1),
        option("affine", constant(op.affine), True),
        light=True,
    )
    return replace(lowered, overwritable=True)


@lower.register
def _frozen_batch_norm(op: FrozenBatchNorm, inputs: Types, outputs: Types) -> Lowered:
    return layer(
        Name("FrozenBatchNorm"),
        None,
        number(inputs[0].channels, "num_features"),
        option("eps", epsilon(op.eps, inputs), 1e-5),
        light=True,
    )


@lower.register
def _switchable_norm(op: SwitchableNorm, inputs: Types, outputs: Types) -> Lowered:
    return layer(
        Name("SwitchableNorm"),
        None,
        number(inputs[0].channels, "num_features"),
        option("eps", epsilon(op.eps, inputs), 1e-5),
        option("momentum", number(op.momentum, "momentum"), 0.1),
        light=True,
    )


@lower.register
def _layer_norm(op: LayerNorm, inputs: Types, outputs: Types) -> Lowered:
    x = inputs[0]
    axes = distinct_axes(op, x, op.axes)
    along_channels = axes == (0,) and x.rank > 1 and x.batch is not None
    constructor = applied(
        Name("ChannelLayerNorm") if along_channels else dotted("nn.LayerNorm"),
        _normalized(op, x),
        option("eps", number(op.eps, "eps"), 1e-5),
        option("elementwise_affine", constant(op.affine), True),
        option("bias", constant(op.bias), True),
    )
    return Lowered(constructor, light=True) if along_channels else _along(op, x, constructor)


@lower.register
def _rms_norm(op: RmsNorm, inputs: Types, outputs: Types) -> Lowered:
    x = inputs[0]
    constructor = applied(
        dotted("nn.RMSNorm"),
        _normalized(op, x),
        option("eps", epsilon(op.eps, inputs)),
        option("elementwise_affine", constant(op.affine), True),
    )
    return _along(op, x, constructor)


def _normalized(op: LayerNorm | RmsNorm, x: TensorType) -> Expression:
    """The sizes of the axes that are normalised."""
    axes = distinct_axes(op, x, op.axes)
    sizes = tuple(number(x.shape[axis], "normalized_shape") for axis in axes)
    return sizes[0] if len(sizes) == 1 else TupleDisplay(sizes)


def _along(op: LayerNorm | RmsNorm, x: TensorType, constructor: Call) -> Lowered:
    """A module that normalises the last axes; others are moved there and back."""
    axes = distinct_axes(op, x, op.axes)
    if axes == tuple(range(x.rank - len(axes), x.rank)):
        return Lowered(constructor, light=True)
    order = (*(axis for axis in range(x.rank) if axis not in axes), *axes)
    inner = Call(TheModule(), (permuted(Operand(0), order, x),))
    back = tuple(order.index(axis) for axis in range(x.rank))
    apply: Expression = permuted(inner, back, x)
    return Lowered(constructor, apply=apply)


@lower.register
def _group_norm(op: GroupNorm, inputs: Types, outputs: Types) -> Lowered:
    lowered = layer(
        dotted("nn.GroupNorm"),
        None,
        number(op.groups, "groups"),
        number(inputs[0].channels, "num_features"),
        option("eps", number(op.eps, "eps"), 1e-5),
        option("affine", constant(op.affine), True),
        light=True,
    )
    if not may_have_one_value(op, inputs[0]):
        return lowered
    own = (Attribute(TheModule(), name) for name in ("num_groups", "weight", "bias", "eps"))
    return replace(lowered, apply=functional(UNCHECKED_GROUP_NORM, *own))


def may_have_one_value(op: GroupNorm, x: TensorType) -> bool:
    """Whether a group of one example may be a single value.

    The module of PyTorch and its `F.group_norm` refuse that for a batch of one.
    """
    return x.channels == op.groups and all(size == 1 for size in x.spatial if is_number(size))


@lower.register
def _instance_norm(op: InstanceNorm, inputs: Types, outputs: Types) -> Lowered:
    return layer(
        dotted(f"nn.InstanceNorm{inputs[0].rank - 1}d"),
        None,
        number(inputs[0].channels, "num_features"),
        option("eps", number(op.eps, "eps"), 1e-5),
        option("affine", constant(op.affine), False),
        light=True,
    )


@lower.register
def _local_response_norm(op: LocalResponseNorm, inputs: Types, outputs: Types) -> Lowered:
    arguments = (
        number(op.size, "size"),
        option("alpha", number(op.alpha, "alpha"), 1e-4),
        option("beta", number(op.beta, "beta"), 0.75),
        option("k", number(op.k, "k"), 1.0),
    )
    if inputs[0].rank == 4:
        # PyTorch takes a view of it, which a transposed volume has none of.
        whole = Call(Attribute(Operand(0), "contiguous"))
        constructor = applied(dotted("nn.LocalResponseNorm"), *arguments)
        return Lowered(constructor, apply=Call(TheModule(), (whole,)))
    return layer(
        dotted("nn.LocalResponseNorm"), dotted("F.local_response_norm"), *arguments, light=True
    )
