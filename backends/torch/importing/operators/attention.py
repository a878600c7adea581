"""Attention by scaled dot products."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.operators.alignment import aligned
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Argument

__all__ = ["HANDLERS"]


def _attention(call: Call) -> Made:
    """The heads are an axis in front, as torch has them: each attends by itself."""
    query, key, value = (call.value(name) for name in ("query", "key", "value"))
    if call.given.get("enable_gqa") and query.shape[-3] != key.shape[-3]:
        raise NotSayable("groups of queries", "use `attention` with `kv_heads`")
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


HANDLERS: Mapping[str, Handler] = {
    "aten.scaled_dot_product_attention.default": _attention,
}
