"""Chooses the steps of a flat net that may compute in half precision, where the net is float32.

Needs: a flat net. Ensures: a step is narrow only if its operator gains by it and loses little. Wide
ones stay in float32, each with a reason:

- sums over many elements, norms, exponentials and logarithms, whose values or partial sums are
  beyond the range or the digits of half precision. These are the operators that PyTorch's autocast
  leaves in float32 too: https://docs.pytorch.org/docs/stable/amp.html;
- coordinates and places, which half precision can't tell apart above 2048;
- recurrent layers, which add up what they lose, from step to step;
- tables that depend on no input, such as angles of positions: they are computed once;
- operators of other packages, about which nothing is known.

Steps that only move elements have the type of what they move.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import TypeAlias

from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node
from netlang.ir.types import DType
from netlang.ops.activation import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    Heaviside,
    LeakyRelu,
    Relu,
    Relu6,
    Sigmoid,
    Silu,
    Softplus,
    Tanh,
)
from netlang.ops.adaptive_pool import (
    AdaptiveAvgpool,
    AdaptiveMaxpool,
    GlobalAvgpool,
    GlobalMaxpool,
)
from netlang.ops.attention import MultiHeadAttention
from netlang.ops.compare import Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual, Where
from netlang.ops.constants import Arange, Eye, Full, Linspace, Listed, Ones, WindowOffsets, Zeros
from netlang.ops.conv import Conv
from netlang.ops.conv_transpose import ConvTranspose
from netlang.ops.cosine_window_attention import CosineWindowAttention
from netlang.ops.cut import Crop, Pad, Slice
from netlang.ops.drop_connect import DropConnect
from netlang.ops.dropout import Dropout, StochasticDepth
from netlang.ops.einsum import Einsum
from netlang.ops.elementary import Abs, Clamp, Cos, Exp, Log, Neg, Pow, Round, Rsqrt, Sin, Sqrt
from netlang.ops.frozen_norm import FrozenBatchNorm
from netlang.ops.layout import Flatten, Reshape, Transpose
from netlang.ops.linear import Linear
from netlang.ops.merge import Add, Concat, Div, Identity, Matmul, Max, Min, Mul, Sub
from netlang.ops.multi_axis_attention import MultiAxisAttention
from netlang.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from netlang.ops.places import Cumsum, Expand, Gather, Roll
from netlang.ops.pool import Avgpool, Maxpool
from netlang.ops.random import GaussianSample
from netlang.ops.recurrent import Gru, Lstm, Rnn
from netlang.ops.reduce import Amax, Amin, Mean, Sum
from netlang.ops.region import RoiAlign, RoiPool
from netlang.ops.response_norm import LocalResponseNorm
from netlang.ops.rms_norm import RmsNorm
from netlang.ops.scale import Scale
from netlang.ops.scaled_attention import Attention
from netlang.ops.shuffle import ChannelShuffle, PixelShuffle, PixelUnshuffle
from netlang.ops.softmax import LogSoftmax, Softmax
from netlang.ops.split import Split
from netlang.ops.switchable_norm import SwitchableNorm
from netlang.ops.tensor import Embedding, Parameter
from netlang.ops.unfold import Fold, Unfold
from netlang.ops.unpool import MaxUnpool
from netlang.ops.upsample import Upsample
from netlang.ops.vector import L2Normalize, Maxout, Prelu
from netlang.ops.window_attention import WindowAttention
from netlang.records import Record

__all__ = [
    "FOLLOWING", "MOVING", "NARROW", "NO_REASONS", "WIDE", "Narrowing", "Reasons", "wide_steps",
    "with_shared_weights",
]  # fmt: skip

Reasons: TypeAlias = Mapping[int, str]
"""Why steps stay in float32, by their number."""

NO_REASONS: Reasons = MappingProxyType({})


class Narrowing(Record):
    """The float32 of a flat net as the type `floats`, but for the steps that are `wide`.

    With `ends`, inputs and outputs have that type too. If it is `rounded`, everything is computed
    in float32, and what would have the type is only rounded to it.
    """

    floats: DType
    wide: Reasons
    ends: bool = False
    rounded: bool = False

    def of(self, number: int, dtype: DType) -> DType:
        """The type of values of step `number`, or `INPUT`, that are of `dtype` in the net."""
        narrow = dtype is DType.FLOAT32 and not self.rounded and self.is_narrow(number)
        return self.floats if narrow else dtype

    def is_narrow(self, number: int) -> bool:
        """Whether the floats of a step, or those of `INPUT`, have or are rounded to the type."""
        return self.ends if number == INPUT else number not in self.wide


NARROW: frozenset[type[Op]] = frozenset(
    {
        Conv, ConvTranspose, Linear, DropConnect, Matmul, Einsum, Embedding, Parameter,
        MultiHeadAttention, Attention, WindowAttention, MultiAxisAttention,
        Relu, Relu6, LeakyRelu, Elu, Sigmoid, Tanh, Silu, Gelu, HardSigmoid, HardSwish, Heaviside,
        Prelu, Maxout, Scale, Abs, Neg, Round, Clamp, Sqrt, Add, Sub, Mul, Div, Max, Min, Where,
        Amax, Amin, Maxpool, MaxUnpool, Avgpool, AdaptiveAvgpool, AdaptiveMaxpool, GlobalAvgpool,
        GlobalMaxpool, Upsample, GaussianSample,
    }
)  # fmt: skip
"""Operators that gain by half precision and lose little."""

MOVING: frozenset[type[Op]] = frozenset(
    {
        Flatten, Reshape, Transpose, Slice, Split, Crop, Pad, PixelShuffle, PixelUnshuffle,
        ChannelShuffle, Roll, Gather, Expand, Unfold, Concat, Identity, Dropout, StochasticDepth,
    }
)  # fmt: skip
"""Operators that only move elements."""

_SUM = "it adds up many elements"
_NORM = "it is a norm"
_CURVE = "its values go beyond the range"
_PLACE = "coordinates need more digits"
_TABLE = "it is computed once"
_MOVED = "it moves what is in float32"
FOLLOWING = frozenset((_TABLE, _MOVED))
"""Reasons of steps that lose nothing by it."""

WIDE: Mapping[type[Op], str] = {
    **dict.fromkeys((Mean, Sum, Cumsum, Fold), _SUM),
    **dict.fromkeys(
        (
            BatchNorm, FrozenBatchNorm, LayerNorm, GroupNorm, InstanceNorm, RmsNorm,
            SwitchableNorm, LocalResponseNorm, L2Normalize, CosineWindowAttention,
        ),
        _NORM,
    ),
    **dict.fromkeys((Exp, Log, Pow, Rsqrt, Softplus, Softmax, LogSoftmax), _CURVE),
    **dict.fromkeys((Sin, Cos, RoiAlign, RoiPool), _PLACE),
    **dict.fromkeys((Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual), _PLACE),
    **dict.fromkeys((Rnn, Lstm, Gru), "what it loses adds up from step to step"),
    **dict.fromkeys(
        (Arange, Linspace, Listed, Full, Zeros, Ones, Eye, WindowOffsets), _TABLE
    ),
}  # fmt: skip
"""Operators that lose too much in half precision, and why."""


def wide_steps(net: Function, known: Reasons = NO_REASONS) -> Reasons:
    """The steps of a flat net that stay in float32: those `known`, and more by their operators."""
    fixed: set[int] = set()
    found: dict[int, str] = {}
    for number, node in enumerate(net.nodes):
        op = node.callee
        assert isinstance(op, Op)
        if _is_fixed(node, fixed):
            fixed.add(number)
            found[number] = _TABLE
        elif number in known:
            found[number] = known[number]
        elif (reason := _reason(net, node, type(op), found)) is not None:
            found[number] = reason
    return with_shared_weights(net, found)


def _is_fixed(node: Node, fixed: Container[int]) -> bool:
    """Whether a step computes from sizes and tables alone; `fixed` are those before it that do."""
    op = node.callee
    if isinstance(op, Parameter | Embedding) or any(ref.producer == INPUT for ref in node.inputs):
        return False
    return all(ref.producer in fixed for ref in node.inputs)


def _reason(net: Function, node: Node, kind: type[Op], wide: Container[int]) -> str | None:
    if kind in MOVING:
        sources = [ref.producer for ref in node.inputs if net.type_of(ref).dtype is DType.FLOAT32]
        moved = sources and all(source in wide for source in sources)
        return _MOVED if moved else None
    if kind in NARROW:
        return None
    return WIDE.get(kind, "nothing is known about its operator")


def with_shared_weights(net: Function, wide: Reasons) -> Reasons:
    """`wide`, and the steps that read the weights of one of these: a tensor has one type."""
    found = dict(wide)
    while True:
        held = {module for number in found for module in _owners(net.nodes[number])}
        more = [
            number
            for number, node in enumerate(net.nodes)
            if number not in found and not held.isdisjoint(_owners(node))
        ]
        if not more:
            return found
        found |= dict.fromkeys(more, "it has the weights of a step in float32")


def _owners(node: Node) -> set[str]:
    """The modules whose weights a step reads."""
    return {node.module, *(tie.module for tie in node.tied)}
