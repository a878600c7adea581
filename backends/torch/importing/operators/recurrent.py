"""Recurrent layers: one operator of PyTorch's kind, for graphs that aren't traced.

PyTorch's own `aten.lstm` and the like take several layers and their states at once. `RECURRENT` is
a layer from zeros, of which the graph knows the shape alone: it is never computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.operators.weights import owner
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import Argument, BareWord, SourceTensor

__all__ = ["HANDLERS", "RECURRENT"]

_LIBRARY = torch.library.Library("netlang_import", "FRAGMENT")
_LIBRARY.define("recurrent(str kind, Tensor x, Tensor[] weights, int hidden, bool both) -> Tensor")


def _shaped(kind: str, x: Tensor, weights: Sequence[Tensor], hidden: int, both: bool) -> Tensor:
    return x.new_empty((*x.shape[:-1], 2 * hidden if both else hidden))


_LIBRARY.impl("recurrent", _shaped, "CompositeExplicitAutograd")
RECURRENT: Any = torch.ops.netlang_import.recurrent.default
"""`kind` is `lstm`, `gru`, `rnn` or `rnn relu`; x is [N, L, F], the result [N, L, D hidden]."""


def _recurrent(call: Call) -> Made:
    value = call.value("x")
    kind, _, nonlinearity = str(call.given["kind"]).partition(" ")
    held = call.given["weights"]
    assert isinstance(held, list)
    keys = [each.key for each in held if isinstance(each, SourceTensor)]
    label = owner(keys[0], "weight_ih_l0") if keys else None
    if label is None or len(keys) < len(held):
        raise NotSayable("weights that are computed, or those of a second layer")
    if value.batch != 0 or value.fold != 1:
        raise NotSayable("a sequence across examples")
    arguments: dict[str, Argument] = {"hidden": call.integer("hidden")}
    if nonlinearity:
        arguments["nonlinearity"] = BareWord(nonlinearity)
    if not any(".bias_" in key for key in keys):
        arguments["bias"] = False
    if call.given["both"]:
        arguments["bidirectional"] = True
    return call.emit(kind, [value], arguments, key=label)


HANDLERS: Mapping[str, Handler] = {"netlang_import.recurrent.default": _recurrent}
