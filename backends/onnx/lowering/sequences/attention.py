"""Attention over a sequence."""

from __future__ import annotations

from math import inf

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.backends.onnx.lowering.sequences.fused import NAMES, attends_alike, fused_attention
from netlang.backends.onnx.lowering.sequences.scaled_attention import triangle
from netlang.ops.attention import MultiHeadAttention
from netlang.ops.checks import fixed

__all__: list[str] = []

_SHORT = 256
"""Places up to which `Attention`, which has the projections in it, is the faster operator.

With more places, `MultiHeadAttention` gains from not holding all scores at once."""


@lower.register
def _(op: MultiHeadAttention, emit: Emitter) -> tuple[str, ...]:
    query, *others = emit.step.inputs
    sources = (query, others[0] if others else query, others[-1] if others else query)
    width = fixed(op, emit.step.types[0].shape[1], "the features of its input")
    if emit.fused and attends_alike(op.causal, emit.step.types):
        return _projected(op, _fused(op, sources, emit), emit)
    queries, keys, values = _heads(op, sources, width // op.heads, emit)
    scores = emit.node("scores", "MatMul", queries, keys)
    scale = emit.floats("scale", (width // op.heads) ** -0.5)
    scaled = emit.node("scaled", "Mul", scores, scale)
    if op.causal:
        lengths = (emit.step.types[0].shape[0], emit.step.types[min(1, len(others))].shape[0])
        seen, never = triangle(lengths, emit), emit.floats("never", -inf)
        scaled = emit.node("causal", "Where", seen, scaled, never)
    weights = emit.softmax(scaled, 3)
    attended = emit.node("attended", "MatMul", weights, values)
    side_by_side = emit.node("sides", "Transpose", attended, perm=[0, 2, 1, 3])
    shape = emit.integers("shape", [0, 0, width])
    joined = emit.node("joined", "Reshape", side_by_side, shape)
    return _projected(op, joined, emit)


def _fused(op: MultiHeadAttention, sources: tuple[str, str, str], emit: Emitter) -> str:
    """The heads' results side by side, by one of ONNX Runtime's own operators."""
    length = emit.step.types[0].shape[0]
    # Without a bias, ONNX Runtime 1.31 crashes in `Attention`.
    is_plain = len(emit.step.types) == 1 and op.bias
    if is_plain and isinstance(length, int) and length <= _SHORT:
        weight = emit.node("weight", "Transpose", emit.weight("in_proj_weight"), perm=[1, 0])
        packed = (sources[0], weight, emit.weight("in_proj_bias"))
        causal = {"unidirectional": 1} if op.causal else {}
        return emit.of_runtime("joined", "Attention", *packed, num_heads=op.heads, **causal)
    parts = emit.nodes("weights", "Split", 3, emit.weight("in_proj_weight"), axis=0, num_outputs=3)
    products = []
    for name, x, weight in zip(NAMES, sources, parts, strict=True):
        turned = emit.node(f"{name}.weight", "Transpose", weight, perm=[1, 0])
        products.append(emit.node(f"{name}.product", "MatMul", x, turned))
    bias = (emit.weight("in_proj_bias"),) if op.bias else ()
    return fused_attention("joined", op, (*products, *bias), emit)


def _heads(
    op: MultiHeadAttention, sources: tuple[str, str, str], features: int, emit: Emitter
) -> list[str]:
    """Queries and values as [N, heads, L, d], keys turned as [N, heads, d, L]."""
    parts = emit.nodes("weights", "Split", 3, emit.weight("in_proj_weight"), axis=0, num_outputs=3)
    biases: tuple[str, ...] = ()
    if op.bias:
        bias = emit.weight("in_proj_bias")
        biases = emit.nodes("biases", "Split", 3, bias, axis=0, num_outputs=3)
    shape = emit.integers("heads.shape", [0, 0, op.heads, features])
    found = []
    for index, (name, x, weight) in enumerate(zip(NAMES, sources, parts, strict=True)):
        turned = emit.node(f"{name}.weight", "Transpose", weight, perm=[1, 0])
        value = emit.node(f"{name}.product", "MatMul", x, turned)
        if biases:
            value = emit.node(f"{name}.sum", "Add", value, biases[index])
        split = emit.node(f"{name}.split", "Reshape", value, shape)
        order = [0, 2, 3, 1] if name == "keys" else [0, 2, 1, 3]
        found.append(emit.node(name, "Transpose", split, perm=order))
    return found


def _projected(op: MultiHeadAttention, x: str, emit: Emitter) -> tuple[str, ...]:
    weight = emit.weight("out_proj.weight")
    turned = emit.node("out_proj.weight", "Transpose", weight, perm=[1, 0])
    if not op.bias:
        return emit.result("MatMul", x, turned)
    product = emit.node("out_proj", "MatMul", x, turned)
    return emit.result("Add", product, emit.weight("out_proj.bias"))
