"""Walks syntax trees generically, without knowing their classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from operator import attrgetter
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from netlang.records import Record, names_of
from netlang.syntax import ast

__all__ = ["LEFT_OUT", "LITERALS", "outline", "walk"]

Definition: TypeAlias = ast.BlockDef | ast.NetDef

# How the syntax tree writes the types of fields that hold no node.
_PLAIN = frozenset((
    "bool", "int", "int | float", "Span", "Span | None", "str", "str | None", "tuple[int, ...]",
    "tuple[str, ...]",
))  # fmt: skip

LITERALS: frozenset[type] = frozenset((ast.Boolean, ast.Dims, ast.Number, ast.String))
"""Expressions that read no name."""

_PASSED = frozenset((ast.Boolean, ast.Number, ast.String))
_ENTERED = frozenset((
    ast.Argument, ast.ForClause, ast.Label, ast.ListExpr, ast.Path, ast.Spread, ast.Suite,
    ast.Targets, ast.TupleExpr, ast.TypeSpec,
))  # fmt: skip
LEFT_OUT: frozenset[type] = _PASSED | _ENTERED
"""Nodes that an outline omits: plain numbers and words, and nodes that only contain others."""


class Outline(Record):
    """The nodes of a definition, except those in `LEFT_OUT`, outermost first."""

    parameters: tuple[ast.Node, ...]
    body: tuple[ast.Node, ...]

    @property
    def nodes(self) -> tuple[ast.Node, ...]:
        """All of them."""
        return self.parameters + self.body if self.parameters else self.body


_outlines: WeakKeyDictionary[Definition, Outline] = WeakKeyDictionary()


def outline(definition: Definition) -> Outline:
    """The nodes that every check of a definition visits; collected once.

    Cached for the lifetime of the definition.
    """
    found = _outlines.get(definition)
    if found is None:
        parameters, body = (
            tuple(_named(each)) for each in (definition.parameters, definition.body)
        )
        found = _outlines[definition] = Outline(parameters, body)
    return found


def _named(tree: object) -> list[ast.Node]:
    """The nodes of a tree that belong to an outline, outermost first."""
    found: list[ast.Node] = []
    left: list[Any] = [tree]
    take, put, keep = left.pop, left.extend, found.append
    while left:
        item = take()
        if item is None:
            continue
        kind: Any = type(item)
        if kind is tuple:
            put(item[::-1])
        elif kind is not str and kind not in _PASSED:
            if kind not in _ENTERED:
                keep(item)
            put(_reader(kind)(item))
    return found


def walk(tree: object) -> Iterator[ast.Node]:
    """Every node of a tree, or of a tuple of trees, outermost first."""
    left = [tree]
    while left:
        item = left.pop()
        if isinstance(item, tuple):
            left.extend(item[::-1])
        elif isinstance(item, ast.Node):
            yield item
            left.extend(_reader(type(item))(item))


@cache
def _reader(kind: type[ast.Node]) -> Callable[[ast.Node], tuple[Any, ...]]:
    """The function that returns the fields of a kind of node that may contain nodes, last first."""
    names = [name for name in reversed(names_of(kind)) if _type_of(kind, name) not in _PLAIN]
    if len(names) > 1:
        return attrgetter(*names)
    return (lambda node: (getattr(node, names[0]),)) if names else (lambda node: ())


def _type_of(kind: type[ast.Node], name: str) -> str:
    """The type of a field as written."""
    owns = (each.__annotations__ for each in kind.__mro__)
    return next(str(own[name]) for own in owns if name in own)
