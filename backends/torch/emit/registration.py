"""Registers modules and learned tensors under their labels, and reads them from there.

Most labels are attributes. A module with another label is an item of its owner, an `nn.ModuleDict`;
what `nn.Module` has an attribute of stands in its registry. Either way the label is the key in the
state dict.
"""

from __future__ import annotations

from collections.abc import Iterable

from netlang.backends.torch.python.identifiers import (
    MAPPING_ATTRIBUTES,
    collides,
    is_attribute,
    is_item,
)
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

__all__ = ["SET_BY_TORCH", "Owner"]

# Attributes that `nn.Module` assigns: it refuses to where a module has the name.
SET_BY_TORCH = frozenset(("training",))


class Owner:
    """The module that others are registered in: `expression`, in which modules have `labels`."""

    def __init__(self, expression: Expression, labels: Iterable[str]) -> None:
        self.expression, self.is_mapping = expression, any(map(is_item, labels))

    def register(self, label: str, value: Expression, *, parameter: bool = False) -> Statement:
        """Register a module or learned tensor under a label, whatever the label is."""
        if parameter and is_item(label):
            method = Attribute(self.expression, "register_parameter")
            return Do(Call(method, (Constant(label), value)))
        return Assign(self.registered(label, parameter=parameter), value)

    def registered(self, label: str, *, parameter: bool = False) -> Expression:
        """The module or learned tensor under a label."""
        if self.is_mapping and label in MAPPING_ATTRIBUTES:
            return self._in_registry(label, parameter)
        if is_attribute(label):
            return Attribute(self.expression, label)
        if collides(label):
            return self._in_registry(label, parameter)
        if parameter:
            return Call(Attribute(self.expression, "get_parameter"), (Constant(label),))
        return Index(self.expression, Constant(label))

    def _in_registry(self, label: str, parameter: bool) -> Expression:
        kind = "_parameters" if parameter else "_modules"
        return Index(Attribute(self.expression, kind), Constant(label))
