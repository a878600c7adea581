"""Attention over a sequence."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import Lowered, applied, constant, lower, number, option
from netlang.backends.torch.python.tree import (
    Constant,
    Expression,
    Index,
    Operand,
    TheModule,
    TupleDisplay,
    call,
)
from netlang.ir.types import Types
from netlang.ops.attention import MultiHeadAttention
from netlang.ops.cosine_window_attention import CosineWindowAttention
from netlang.ops.multi_axis_attention import MultiAxisAttention
from netlang.ops.spatial import per_axis
from netlang.ops.window_attention import WindowAttention
from netlang.ops.windowed import Windowed

__all__: list[str] = []


@lower.register
def _multi_head_attention(op: MultiHeadAttention, inputs: Types, outputs: Types) -> Lowered:
    constructor = call(
        "nn.MultiheadAttention",
        number(inputs[0].shape[-1], "embed_dim"),
        number(op.heads, "num_heads"),
        option("dropout", number(op.dropout, "dropout"), 0.0),
        option("bias", constant(op.bias), True),
        option("batch_first", constant(True), False),
    )
    key = min(1, len(inputs) - 1)
    roles = (Operand(0), Operand(key), Operand(len(inputs) - 1))
    result = applied(TheModule(), *roles, option("need_weights", constant(False), True))
    return Lowered(constructor, apply=Index(result, Constant(0)))


@lower.register
def _window_attention(op: WindowAttention, inputs: Types, outputs: Types) -> Lowered:
    return _windowed("WindowAttention", op, inputs)


@lower.register
def _cosine_window_attention(op: CosineWindowAttention, inputs: Types, outputs: Types) -> Lowered:
    return _windowed("CosineWindowAttention", op, inputs)


def _windowed(helper: str, op: Windowed, inputs: Types) -> Lowered:
    return Lowered(
        call(
            helper,
            number(inputs[0].shape[-1], "features"),
            number(op.heads, "heads"),
            _pair(op.windows(), "window"),
            _pair(per_axis(op.shift, 2), "shift"),
            option("dropout", number(op.dropout, "dropout"), 0.0),
        )
    )


@lower.register
def _multi_axis_attention(op: MultiAxisAttention, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(
        call(
            "MultiAxisAttention",
            number(inputs[0].shape[-1], "features"),
            number(op.heads, "heads"),
            number(op.window, "window"),
            option("grid", constant(op.grid), False),
        )
    )


def _pair(values: tuple[int, ...], role: str) -> Expression:
    return TupleDisplay(tuple(number(value, role) for value in values))
