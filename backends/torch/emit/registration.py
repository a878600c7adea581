"""Registers modules and tensors under their labels, and reads them from there.

Most labels are attributes. A module with another label is an item of its owner, an `nn.ModuleDict`;
what `nn.Module` has an attribute of stands in its registry. Either way the label is the key in the
state dict. A constant without a key may have another name than its label.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from netlang.backends.torch.lowering.base import Held
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
    Field,
    Index,
    Keyword,
    Name,
    Statement,
    call,
)

__all__ = ["SET_BY_TORCH", "Owner", "buffer_fields", "constant_name", "name_among"]

# Attributes that `nn.Module` assigns: it refuses to where a module has the name.
SET_BY_TORCH = frozenset(("training",))
# For each kind, the registry of `nn.Module` for it, and the methods that add and read one.
_REGISTRIES: Mapping[Held, tuple[str, str, str]] = {
    "module": ("_modules", "", ""),
    "parameter": ("_parameters", "register_parameter", "get_parameter"),
    "buffer": ("_buffers", "register_buffer", "get_buffer"),
    "constant": ("_buffers", "register_buffer", "get_buffer"),
}


def constant_name(label: str, taken: Sequence[str]) -> str:
    """The name of a constant without a key: its label, or one that can be an attribute.

    None of the labels `taken`, which are sorted, begins with a name that isn't the label.
    """
    named = f"constant_{label}"
    if is_attribute(label) or not is_attribute(named):
        return label
    while _begins_one(named, taken):
        named += "_"
    return named


def _begins_one(word: str, labels: Sequence[str]) -> bool:
    """Whether one of sorted labels begins with a word: the first that isn't before it does."""
    at = bisect_left(labels, word)
    return at < len(labels) and labels[at].startswith(word)


def name_among(label: str, tensors: Collection[str]) -> str:
    """The name of a constant among the tensors of its owner."""
    named = [each for each in tensors if each.rstrip("_") == f"constant_{label}"]
    return label if constant_name(label, ()) == label else max(named, key=len)


def buffer_fields(held: Mapping[str, Held], taken: Collection[str]) -> Iterator[Field]:
    """Annotations of buffers by their labels; a class has the labels `taken`."""
    labels = sorted(taken)
    for label, kind in held.items():
        name = constant_name(label, labels) if kind == "constant" else label
        if kind in ("buffer", "constant") and is_attribute(name):
            yield Field(name, Name("Tensor"))


class Owner:
    """The module that others are registered in: `expression`, in which modules have `labels`.

    `taken` are the labels of everything in it.
    """

    def __init__(
        self, expression: Expression, labels: Iterable[str], taken: Collection[str]
    ) -> None:
        self.expression = expression
        self.is_mapping = any(is_item(label) or collides(label) for label in labels)
        self._taken = sorted(taken)

    def register(self, label: str, value: Expression, held: Held = "module") -> Statement:
        """Register a module or tensor under a label, whatever the label is."""
        _, method, _ = _REGISTRIES[held]
        if held == "constant":
            arguments = Constant(constant_name(label, self._taken)), value
            unsaved = (Keyword("persistent", Constant(False)),)
            return Do(Call(Attribute(self.expression, method), arguments, unsaved))
        buffer = held == "buffer" and not self._collides(label)
        if buffer or (held == "parameter" and is_item(label)):
            return Do(Call(Attribute(self.expression, method), (Constant(label), value)))
        return Assign(self._set(label, held), value)

    def _set(self, label: str, held: Held) -> Expression:
        """What a module or tensor is assigned to."""
        if self._collides(label):
            return Index(Attribute(self.expression, _REGISTRIES[held][0]), Constant(label))
        return self.registered(label, held)

    def registered(self, label: str, held: Held = "module") -> Expression:
        """The module or tensor under a label."""
        registry, _, method = _REGISTRIES[held]
        if held == "constant":
            label = constant_name(label, self._taken)
        if self._collides(label) and held != "module":
            found = Index(Attribute(self.expression, registry), Constant(label))
            return call("cast", Name("Tensor"), found)
        if is_attribute(label) and not self._collides(label):
            return Attribute(self.expression, label)
        if held != "module":
            return Call(Attribute(self.expression, method), (Constant(label),))
        return Index(self.expression, Constant(label))

    def _collides(self, label: str) -> bool:
        """Whether the module has, or may have, an attribute of that name."""
        if self.is_mapping and label in MAPPING_ATTRIBUTES:
            return True
        return not is_attribute(label) and collides(label)
