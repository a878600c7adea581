"""Attention over a sequence."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import Lowered, applied, constant, lower, number, option
from netlang.backends.torch.python.tree import (
    Attribute,
    Call,
    Conditional,
    Constant,
    Expression,
    Index,
    Keyword,
    Operand,
    TheModule,
    call,
    dotted,
)
from netlang.ir.types import Types
from netlang.ops.attention import MultiHeadAttention
from netlang.ops.scaled_attention import Attention

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
    weights = option("need_weights", constant(False), True)
    masked: tuple[Keyword, ...] = ()
    if op.causal:
        mask = call("causal_mask", *roles[:2])
        masked = (Keyword("attn_mask", mask), Keyword("is_causal", Constant(True)))
    result = applied(TheModule(), *roles, weights, *masked)
    return Lowered(constructor, apply=Index(result, Constant(0)))


@lower.register
def _attention(op: Attention, inputs: Types, outputs: Types) -> Lowered:
    mask: Expression | None = Operand(3) if len(inputs) > 3 else None
    if mask is not None and op.lacks_heads(inputs):
        mask = Call(Attribute(mask, "unsqueeze"), (Constant(-3),))
    scale = () if op.scale is None else (Keyword("scale", number(op.scale, "scale")),)
    operands = (Operand(0), Operand(1), Operand(2))
    plain = op.heads == 1 and not op.dropout and not (op.causal and mask is not None)
    given = () if mask is None else (Keyword("attn_mask" if plain else "mask", mask),)
    if plain:
        causal = option("is_causal", constant(op.causal), False)
        function = call("F.scaled_dot_product_attention", *operands, *given, causal, *scale)
        return Lowered(function=function)
    return Lowered(
        function=call("attention", *operands, *given, *_heads(op), *scale, *_dropped(op))
    )


def _heads(op: Attention) -> tuple[Keyword, ...]:
    kv_heads = (
        () if op.kv_heads is None else (Keyword("kv_heads", number(op.kv_heads, "kv_heads")),)
    )
    causal = option("causal", constant(op.causal), False)
    return (option("heads", number(op.heads, "heads"), 1), *kv_heads, causal)


def _dropped(op: Attention) -> tuple[Keyword, ...]:
    if not op.dropout:
        return ()
    training = Conditional(number(op.dropout, "dropout"), dotted("self.training"), Constant(0.0))
    return (Keyword("dropout", training),)
