"""Attention by scaled dot products."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from math import inf
from typing import final

import torch

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.operators.alignment import aligned
from netlang.backends.torch.importing.operators.shapes import arranged
from netlang.backends.torch.importing.refusal import NotSayable, in_training
from netlang.backends.torch.importing.steps import Argument, SourceTensor, Value

__all__ = ["HANDLERS"]

# What is added to a score so that its place isn't attended to: -inf, or the least number of a type.
_HIDDEN = -1e30


def _attention(call: Call) -> Made:
    """The heads are an axis in front, as torch has them: each attends by itself."""
    if call.given["dropout_p"]:
        raise in_training("a dropout")
    query, key, value = (call.value(name) for name in ("query", "key", "value"))
    key, value = (_for_heads(call, query, each) for each in (key, value))
    if len({each.free for each in (query, key, value)}) > 1:
        return _by_steps(call, query, key, value)
    if query.batch is None or query.batch > len(query.shape) - 3:
        raise NotSayable("attention across examples")
    reach = _reach(call)
    arguments: dict[str, Argument] = {"causal": reach is _Reach.CAUSAL}
    if call.given.get("scale") is not None:
        arguments["scale"] = call.number("scale")
    inputs = [query, key, value]
    if reach is _Reach.MASKED:
        mask = call.valued(_finite(call.given["attn_mask"]))
        shape = (*query.shape[:-1], key.shape[-2])
        inputs.append(aligned(call, [query, mask], shape)[1])
    return call.emit("attention", inputs, arguments)


def _for_heads(call: Call, query: Value, held: Value) -> Value:
    """Keys or values for each head of the queries, of which several share one.

    Shazeer 2019, arXiv:1911.02150; Ainslie et al. 2023, arXiv:2305.13245.
    """
    if len(held.shape) < 4 or held.shape[-3] == query.shape[-3]:
        return held
    *front, own, places, size = held.shape
    if len(front) != 1 or held.batch != 0:
        raise NotSayable("heads that share keys, of values whose batch isn't in front")
    times = query.shape[-3] // own
    wide = arranged(call, held, (*front, own, 1, places, size)) if own > 1 else held
    shape = (*front, *((own,) if own > 1 else ()), times, places, size)
    each = call.emit("expand", [wide], {"shape": shape[1:]}, shape=shape)
    return arranged(call, each, (*front, own * times, places, size))


@final
class _Reach(Enum):
    """Which places a place attends to."""

    ALL = auto()
    CAUSAL = auto()
    MASKED = auto()


def _reach(call: Call) -> _Reach:
    """What a mask says that is the same for all examples and heads, if it is one of the usual."""
    if call.given["attn_mask"] is None:
        return _Reach.CAUSAL if call.given["is_causal"] else _Reach.ALL
    stored = call.stored("attn_mask")
    if stored is None or stored.key or call.given["is_causal"]:
        return _Reach.MASKED
    table = stored.tensor
    hidden = ~table if table.dtype is torch.bool else table <= _HIDDEN
    if table.dtype is not torch.bool and bool((table[~hidden] != 0).any()):
        return _Reach.MASKED
    if not bool(hidden.any()):
        return _Reach.ALL
    square = table.dim() > 1 and table.shape[-1] == table.shape[-2]
    if square and bool((hidden == torch.ones_like(hidden).triu(1)).all()):
        return _Reach.CAUSAL
    return _Reach.MASKED


def _finite(mask: object) -> object:
    """A mask whose -inf are numbers as low, unless a row has nothing else: those gave NaN."""
    if not isinstance(mask, SourceTensor) or mask.key or not mask.tensor.is_floating_point():
        return mask
    hidden = mask.tensor == -inf
    if not bool(hidden.any()) or bool(hidden.all(-1).any()):
        return mask
    return SourceTensor("", mask.tensor.clamp(min=_HIDDEN), False, False)


def _by_steps(call: Call, query: Value, key: Value, value: Value) -> Made:
    """As `attention` takes none that are the same for all examples, beside others that aren't.

    Poolings have such queries: Lee et al. 2019, arXiv:1810.00825.
    """
    if _reach(call) is not _Reach.ALL:
        raise NotSayable("attention of or to learned places, with a mask")
    scale = call.number("scale") if call.given.get("scale") is not None else query.shape[-1] ** -0.5
    last = len(key.sizes) - 1
    turned = call.emit(
        "transpose", [key], {"axes": (*range(last - 1), last, last - 1)},
        shape=(*key.shape[:-2], key.shape[-1], key.shape[-2]),
    )  # fmt: skip
    shape = (*call.shape[:-1], key.shape[-2])
    scores = call.emit("matmul", aligned(call, [query, turned], shape), shape=shape)
    scores = call.emit("scale", [scores], {"by": scale}, shape=shape)
    weights = call.emit("softmax", [scores], {"axis": -1}, shape=shape)
    return call.emit("matmul", [weights, value])


HANDLERS: Mapping[str, Handler] = {
    "aten.scaled_dot_product_attention.default": _attention,
}
