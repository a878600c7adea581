"""What an operator gives, computed on tensors without memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import fx

from netlang.backends.torch.importing.programs.known import FACTORIES
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["shape_of"]


def shape_of(target: Any, args: Sequence[Any], named: Mapping[str, Any], outputs: int) -> Any:
    """What an operator gives for nodes and numbers, as tensors without memory.

    Raises `NotSayable` if it cuts a tensor into more pieces than the node has `outputs`: there
    could be millions. Raises what PyTorch does for arguments that don't fit each other.
    """
    values = [_replaced_nodes(each) for each in args]
    given = {name: _replaced_nodes(each) for name, each in named.items()}
    name = str(target).removeprefix("aten.")
    if name in FACTORIES:
        given["device"] = torch.device("meta")
    if name in _PIECES and _PIECES[name](*values, **given) > max(outputs, 1):
        raise NotSayable("it gives another number of values than the file says")
    return target(*values, **given)


_PIECES: Mapping[str, Callable[..., int]] = {
    "unbind.int": lambda self, dim=0: self.shape[dim],
    "split.Tensor": lambda self, split_size, dim=0: -(-self.shape[dim] // max(split_size, 1)),
    "chunk.default": lambda self, chunks, dim=0: min(self.shape[dim], chunks),
}
"""How many pieces an operator makes at most, of its own arguments."""


def _replaced_nodes(held: Any) -> Any:
    if isinstance(held, fx.Node):
        return held.meta["val"]
    return [_replaced_nodes(each) for each in held] if isinstance(held, list) else held
