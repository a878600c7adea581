"""Attention in one node, as newer files have it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import Any

import torch
from torch import Tensor, fx

from netlang.backends.onnx.importing.graph import Held
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results, shape_of
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["HANDLERS", "attended"]

# A score from which nothing is attended to: -inf, or the least number of a type.
_HIDDEN = -1e4


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


def attended(node: OnnxNode, last: fx.Node) -> Results | None:
    """Causal attention, where a file has its steps: softmax(q k^T / sqrt(d), after a mask) v.

    Radford et al. 2018: a place attends to those before it and to itself.
    """
    weights, value = last.args[:2]
    shares = _args(_shown(node, weights, hidden=0.0) or weights, A.softmax.int)
    scores = _before(node, shares[0]) if shares is not None else None
    rank = len(shape_of(last))
    if shares is None or scores is None or rank < 3 or shares[1] not in (-1, rank - 1):
        return None
    factor, product = _scaled(scores)
    found = _args(product, A.matmul.default)
    if found is None:
        return None
    (more, query), (again, turned) = map(_scaled, found)
    key = _turned(node, turned)
    if key is None:
        return None
    factor *= more * again
    usual = isclose(factor, shape_of(query)[-1] ** -0.5, rel_tol=1e-6)
    scale = None if usual else factor
    return node.aten(
        A.scaled_dot_product_attention.default, query, key, value, None, 0.0, True, scale=scale
    )


def _turned(node: OnnxNode, held: Any) -> Held | None:
    """A value that was permuted, with its last two axes the other way round."""
    joined = _joined(held)
    if joined is not None:
        return joined
    found = _args(held, A.permute.default)
    if found is None:
        return None
    *others, one, other = found[1]
    order = [*others, other, one]
    if order == list(range(len(order))):
        kept: Held = found[0]
        return kept
    return node.aten(A.permute.default, found[0], order)


def _joined(held: Any) -> Held | None:
    """A value whose last two axes were turned while those before were one, as PyTorch writes it."""
    whole = _args(held, A.reshape.default)
    turned = _args(whole[0], A.permute.default) if whole is not None else None
    inner = _args(turned[0], A.reshape.default) if turned is not None else None
    if turned is None or inner is None or list(turned[1]) != [0, 2, 1]:
        return None
    value: Held = inner[0]
    *outer, one, other = shape_of(value)
    alike = shape_of(held) == (*outer, other, one) and shape_of(turned[0])[1:] == (one, other)
    return value if alike else None


def _before(node: OnnxNode, held: Any) -> Any:
    """Scores before a causal mask, which picks them or is added to them; None for others."""
    total = _args(held, A.add.Tensor)
    mask = _table(node, total[1]) if total is not None else None
    if total is None or mask is None or mask.dim() < 2 or not mask.is_floating_point():
        return _shown(node, held, hidden=None)
    seen = torch.ones_like(mask, dtype=torch.bool).tril()
    is_causal = bool((mask[seen] == 0).all()) and bool((mask[~seen] <= _HIDDEN).all())
    whole = mask.shape[-2:] == shape_of(held)[-2:] and shape_of(total[0]) == shape_of(held)
    return total[0] if is_causal and whole else None


def _args(held: Any, target: Any) -> tuple[Any, ...] | None:
    return held.args if isinstance(held, fx.Node) and held.target is target else None


def _scaled(held: Any) -> tuple[float, Any]:
    """The number by which a value is multiplied or divided, and the value."""
    for target, power in ((A.mul.Tensor, 1), (A.div.Tensor, -1)):
        found = _args(held, target)
        if found is not None and isinstance(found[1], int | float) and found[1]:
            return float(found[1]) ** power, found[0]
    return 1.0, held


def _shown(node: OnnxNode, held: Any, hidden: float | None) -> Any:
    """What is shown up to each place and has a number after it, None for another value.

    The number is `hidden`, or one that is far below 0.
    """
    found = _args(held, A.where.self)
    if found is None:
        return None
    seen = _table(node, found[0])
    if seen is None or seen.dtype is not torch.bool or seen.shape[-2:] != shape_of(held)[-2:]:
        return None
    sides = (seen, found[1], found[2]), (~seen, found[2], found[1])
    for table, shown, other in sides:
        number = _table(node, other)
        before = torch.ones_like(table).tril()
        if number is None or number.numel() != 1 or not bool((table == before).all()):
            continue
        value = float(number)
        if value <= _HIDDEN if hidden is None else value == hidden:
            return shown
    return None


def _table(node: OnnxNode, held: Any) -> Tensor | None:
    """The numbers that are known of a value."""
    found = held.meta.get("numbers") if isinstance(held, fx.Node) else None
    return found if isinstance(found, Tensor) else None


HANDLERS: Mapping[str, Handler] = {"Attention": _attention}
