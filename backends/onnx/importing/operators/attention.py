"""Attention in one node, as newer files have it."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.onnx.importing.graph import Held
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results, shape_of
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["HANDLERS"]


def _attention(node: OnnxNode) -> Results:
    """Queries, keys and values with an axis for the heads, or with the heads side by side."""
    node.refuse_outputs()
    if any(node.has(place) for place in range(4, len(node.inputs))) or node.number("softcap", 0.0):
        raise NotSayable("attention to what came before, or with a bound of its scores")
    heads = node.integer("q_num_heads", 0), node.integer("kv_num_heads", 0)
    counts = (heads[0], heads[1], heads[1])
    flat = len(node.shape()) == 3
    parts = [node.held(place) for place in range(3)]
    if flat and not all(counts):
        raise NotSayable("attention without a number of heads")
    if flat:
        parts = [_apart(node, each, n) for each, n in zip(parts, counts, strict=True)]
    scale = node.number("scale", 0.0) or None
    causal = bool(node.integer("is_causal", 0))
    found = node.aten(
        A.scaled_dot_product_attention.default, *parts, node.optional(3), 0.0, causal, scale=scale
    )
    if not flat:
        return found
    turned = node.aten(A.permute.default, found, [0, 2, 1, 3])
    batch, length, _, _ = shape_of(turned)
    return node.aten(A.reshape.default, turned, [batch, length, -1])


def _apart(node: OnnxNode, value: Held, heads: int) -> Held:
    """Features as heads, which stand before the sequence then."""
    batch, length, features = shape_of(value)
    if heads < 1 or features % heads:
        raise NotSayable("features that are no whole number of heads")
    cut = node.aten(A.reshape.default, value, [batch, length, heads, features // heads])
    return node.aten(A.permute.default, cut, [0, 2, 1, 3])


HANDLERS: Mapping[str, Handler] = {"Attention": _attention}
