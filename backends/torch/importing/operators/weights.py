"""Whose weights an operator has: its own, under a label, or values."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.torch.importing.call import Call
from netlang.backends.torch.importing.steps import Argument, SourceTensor

__all__ = ["owner", "weights_of"]


def owner(key: str, name: str) -> str | None:
    """The label of a step whose weight of this name has `key`."""
    before, dot, last = key.rpartition(".")
    return before if dot and last == name else None


def weights_of(call: Call, names: Mapping[str, str]) -> tuple[str | None, dict[str, Argument]]:
    """The label of an operator that owns its weights, or else the weights as arguments.

    `names` are the operator's own names of its weights, by those of the node's arguments.
    """
    held = {name: call.given[argument] for argument, name in names.items()}
    held = {name: each for name, each in held.items() if each is not None}
    if not held:
        return None, {}
    labels = {
        owner(each.key, name) if isinstance(each, SourceTensor) and each.persistent else None
        for name, each in held.items()
    }
    label = labels.pop() if len(labels) == 1 else None
    if label is not None and not _is_read_as_value(call, label, held):
        return label, {}
    return None, {name: call.valued(each) for name, each in held.items()}


def _is_read_as_value(call: Call, label: str, held: Mapping[str, object]) -> bool:
    """Whether a weight is a parameter already, or will be one."""
    keys = (each.key for each in held.values() if isinstance(each, SourceTensor))
    return any(key in call.state.learned or key in call.state.tied for key in keys)
