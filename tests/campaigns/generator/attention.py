"""Scaled dot-product attention, with the queries, keys, values and masks that it needs."""

from __future__ import annotations

from netlang.ops.activation import Gelu
from netlang.ops.compare import Greater
from netlang.ops.linear import Linear
from netlang.ops.merge import Add
from netlang.ops.norm import LayerNorm
from netlang.ops.scaled_attention import Attention
from tests.campaigns.generator.body import Body
from tests.campaigns.generator.model import Labelled, Value
from tests.campaigns.generator.steps import Chosen, application, apply, kept, merged, outputs_of

__all__ = ["attention_of_parts", "layer_of_a_transformer"]


def attention_of_parts(body: Body) -> bool:
    """`q: linear(8)`, `k: linear(4)`, `(q, k, v) -> attention(2, kv_heads=1)`."""
    x = body.value
    fixed = all(isinstance(dim, int) for dim in x.type.shape)
    if body.repeated or not x.type.dtype.is_float or x.type.batch is None or x.type.rank < 2:
        return False
    if not fixed or body.draw.size(x.type.shape[-2]) > 9:
        return False
    kv_heads, groups = body.draw.whole(1, 2), body.draw.whole(1, 2)
    width = body.draw.whole(1, 3)
    apply(body, kept(body), label=True)
    first = body.hold()
    sizes = (kv_heads * groups * width, kv_heads * width, kv_heads * body.draw.whole(1, 3))
    values = [_made(body, first, x, size) for size in sizes]
    if body.draw.chance(0.5):
        values.append(_mask(body, first, x))
    op = _operator(body, kv_heads, groups)
    result = outputs_of(body, op, tuple(value for _, value in values))
    merged(body, [name for name, _ in values], op, result)
    return True


def _operator(body: Body, kv_heads: int, groups: int) -> Attention:
    draw = body.draw
    return Attention(
        heads=kv_heads * groups,
        kv_heads=kv_heads if groups > 1 or draw.chance(0.2) else None,
        causal=draw.chance(0.4),
        scale=draw.near(0.5, 3) if draw.chance(0.3) else None,
        dropout=draw.pick((0.0, 0.0, 0.1)),
    )


def _made(body: Body, first: str, x: Value, size: int) -> tuple[str, Value]:
    """A map of the features of `x` to others, and how it is read."""
    body.start(first, (x,))
    op = Linear(out=size)
    apply(body, Chosen(op, outputs_of(body, op, (x,))), label=True)
    return body.hold(), body.value


def _mask(body: Body, first: str, x: Value) -> tuple[str, Value]:
    """Numbers for each pair of places, or truth values."""
    name, value = _made(body, first, x, body.draw.size(x.type.shape[-2]))
    if body.draw.chance(0.5):
        return name, value
    body.start(name, (value,))
    op = Greater(to=0.0)
    apply(body, Chosen(op, outputs_of(body, op, (value,))), label=True)
    return body.hold(), body.value


def layer_of_a_transformer(body: Body) -> bool:
    """`(x, y) -> sum: add`, `layer_norm`, `linear(8) -> gelu`, where y is a linear map of x.

    The sum may be read once more.
    """
    x = body.value
    fixed = x.type.rank == 2 and all(isinstance(dim, int) for dim in x.type.shape)
    if body.repeated or not fixed or not x.type.dtype.is_float or x.type.batch is None:
        return False
    apply(body, kept(body), label=True)
    first = body.hold()
    mapped, _ = _made(body, first, x, body.draw.size(x.type.shape[-1]))
    total = _sum(body, first, mapped, x)
    body.start(total, (x,))
    apply(body, Chosen(LayerNorm(), (x,)), label=True)
    if body.draw.chance(0.7):
        normed = body.hold()
        body.start(_sum(body, total, normed, x), (x,))
    for op in (
        Linear(out=body.draw.whole(2, 8)),
        Gelu(approximate=body.draw.pick(("none", "tanh"))),
    ):
        apply(body, Chosen(op, outputs_of(body, op, body.current)), label=False)
    return True


def _sum(body: Body, first: str, second: str, x: Value) -> str:
    """How the sum of two values is read."""
    mark, read = body.new_label(plain=True)
    body.spec.used("tuple", "merge add")
    body.spec.left -= 1
    body.line(f"({first}, {second}) -> {mark}: {application(body, Add())}")
    body.labels[read] = Labelled((x,))
    return read
