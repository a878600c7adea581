"""Attention by scaled dot products."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.operators.alignment import aligned
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Argument, Value

__all__ = ["HANDLERS"]


def _attention(call: Call) -> Made:
    """The heads are an axis in front, as torch has them: each attends by itself."""
    query, key, value = (call.value(name) for name in ("query", "key", "value"))
    if call.given.get("enable_gqa") and query.shape[-3] != key.shape[-3]:
        raise NotSayable("groups of queries", "use `attention` with `kv_heads`")
    if query.free and not (key.free or value.free):
        return _of_learned_queries(call, query, key, value)
    if query.batch is None or query.batch > len(query.shape) - 3:
        raise NotSayable("attention across examples")
    arguments: dict[str, Argument] = {"causal": bool(call.given["is_causal"])}
    if call.given.get("scale") is not None:
        arguments["scale"] = call.number("scale")
    inputs = [query, key, value]
    if call.given["attn_mask"] is not None:
        mask = call.value("attn_mask")
        shape = (*query.shape[:-1], key.shape[-2])
        inputs.append(aligned(call, [query, mask], shape)[1])
    return call.emit("attention", inputs, arguments)


def _of_learned_queries(call: Call, query: Value, key: Value, value: Value) -> Made:
    """By steps, as queries that are the same for all examples can't be those of `attention`.

    Poolings have them: Lee et al. 2019, arXiv:1810.00825.
    """
    if call.given["is_causal"] or call.given["attn_mask"] is not None:
        raise NotSayable("learned queries that attend to some places alone")
    scale = call.number("scale") if call.given.get("scale") is not None else query.shape[-1] ** -0.5
    last = len(key.sizes) - 1
    turned = call.emit(
        "transpose", [key], {"axes": (*range(last - 1), last, last - 1)},
        shape=(*key.shape[:-2], key.shape[-1], key.shape[-2]),
    )  # fmt: skip
    shape = (*key.shape[:-2], query.shape[-2], key.shape[-2])
    scores = call.emit("matmul", aligned(call, [query, turned], shape), shape=shape)
    scores = call.emit("scale", [scores], {"by": scale}, shape=shape)
    weights = call.emit("softmax", [scores], {"axis": -1}, shape=shape)
    return call.emit("matmul", [weights, value])


HANDLERS: Mapping[str, Handler] = {
    "aten.scaled_dot_product_attention.default": _attention,
}
