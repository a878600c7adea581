"""Registers modules and learned tensors under their labels, and reads them from there.

Most labels are attributes. A label that isn't an identifier, or that `nn.Module` has an attribute
of, is registered and read by its text. Either way the label is the key in the state dict.
"""

from __future__ import annotations

from netlang.backends.torch.python.identifiers import MODULE_ATTRIBUTES, is_attribute
from netlang.backends.torch.python.tree import (
    Assign,
    Attribute,
    Call,
    Constant,
    Do,
    Expression,
    Index,
    Statement,
)

__all__ = ["SET_BY_TORCH", "register", "registered"]

# Attributes that `nn.Module` assigns: it refuses to where a module has the name.
SET_BY_TORCH = frozenset(("training",))


def register(owner: Expression, label: str, value: Expression, kind: str) -> Statement:
    """Register a module or learned tensor under a label, whatever the label is."""
    if is_attribute(label):
        return Assign(Attribute(owner, label), value)
    if _collides(label):
        return Assign(Index(Attribute(owner, kind), Constant(label)), value)
    method = "add_module" if kind == "_modules" else "register_parameter"
    return Do(Call(Attribute(owner, method), (Constant(label), value)))


def registered(owner: Expression, label: str, kind: str) -> Expression:
    """The module or learned tensor under a label."""
    if is_attribute(label):
        return Attribute(owner, label)
    if _collides(label):
        return Index(Attribute(owner, kind), Constant(label))
    method = "get_submodule" if kind == "_modules" else "get_parameter"
    return Call(Attribute(owner, method), (Constant(label),))


def _collides(label: str) -> bool:
    """Whether `nn.Module` has, or may have, an attribute of that name."""
    return label in MODULE_ATTRIBUTES or label.startswith("_")
