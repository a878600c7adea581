"""Classes of scopes that only hold modules, with a type for each of these.

A type checker takes an attribute of `nn.Module` for a tensor unless a class says what it is.
"""

from __future__ import annotations

from collections.abc import Collection

from netlang.backends.torch.emit.class_names import pascal
from netlang.backends.torch.python.identifiers import PythonScope
from netlang.backends.torch.python.tree import ClassDef, Field, dotted
from netlang.source import Span

__all__ = ["Holders", "file_name", "scope_doc"]


class Holders:
    """The classes for all scopes of a net; scopes with the same label and members share one.

    None of them gets a name that is `taken` in the file.
    """

    def __init__(self, taken: Collection[str]) -> None:
        self.taken = frozenset(taken)
        self._scope = PythonScope(taken)
        self._names: dict[tuple[str, tuple[Field, ...]], str] = {}
        self._new: list[ClassDef] = []

    def name(self, label: str, fields: tuple[Field, ...], span: Span) -> str:
        """The name of the class for a scope that begins at `span`."""
        key = (label, fields)
        if key not in self._names:
            name = self._names[key] = self._scope.fresh(pascal(label))
            self._new.append(ClassDef(name, dotted("nn.Module"), fields, scope_doc(span)))
        return self._names[key]

    def new(self) -> list[ClassDef]:
        """The classes that were asked for since the last call."""
        found, self._new = self._new, []
        return found


def file_name(span: Span) -> str:
    """The file that something comes from, without its folder."""
    return span.source.name.replace("\\", "/").rpartition("/")[2]


def scope_doc(span: Span) -> str:
    """The docstring of a scope's class."""
    return f"The scope at line {span.location.line} of {file_name(span)}."
