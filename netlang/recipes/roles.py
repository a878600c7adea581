"""What weights are for, by the operator that owns them."""

from __future__ import annotations

from netlang.ir.owned import Owned
from netlang.ops.attention import MultiHeadAttention
from netlang.ops.conv import Conv
from netlang.ops.conv_transpose import ConvTranspose
from netlang.ops.linear import Linear
from netlang.ops.multi_axis_attention import MultiAxisAttention
from netlang.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from netlang.ops.recurrent import Recurrent
from netlang.ops.switchable_norm import SwitchableNorm
from netlang.ops.windowed import Windowed

__all__ = ["is_bias", "is_matrix", "is_norm"]

NORMS = (BatchNorm, LayerNorm, GroupNorm, InstanceNorm, SwitchableNorm)
LAYERS = (Conv, ConvTranspose, Linear, Recurrent, MultiHeadAttention, Windowed, MultiAxisAttention)


def is_norm(weight: Owned) -> bool:
    """Whether it is learned by a normalisation."""
    return isinstance(weight.op, NORMS)


def is_bias(weight: Owned) -> bool:
    """Whether it is added to the output of a layer or norm."""
    last = weight.weight.name.rpartition(".")[2]
    return isinstance(weight.op, (*NORMS, *LAYERS)) and _is_row(weight) and "bias" in last


def is_matrix(weight: Owned) -> bool:
    """Whether it is the matrix of a linear map, attention or recurrent layer."""
    layer = isinstance(weight.op, LAYERS) and "table" not in weight.weight.name
    return layer and len(weight.weight.shape) == 2


def _is_row(weight: Owned) -> bool:
    return len(weight.weight.shape) == 1
