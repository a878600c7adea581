"""Walking syntax trees without knowing their classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from operator import attrgetter
from typing import Any

from netlang.records import names_of
from netlang.syntax import ast

__all__ = ["walk"]

# How the syntax tree writes the types of fields that hold no node.
_PLAIN = frozenset((
    "bool", "int", "int | float", "Span", "Span | None", "str", "str | None", "tuple[int, ...]",
    "tuple[str, ...]",
))  # fmt: skip


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
    """What gives the fields of a kind of node that may hold nodes, the last one first."""
    names = [name for name in reversed(names_of(kind)) if _type_of(kind, name) not in _PLAIN]
    if len(names) > 1:
        return attrgetter(*names)
    return (lambda node: (getattr(node, names[0]),)) if names else (lambda node: ())


def _type_of(kind: type[ast.Node], name: str) -> str:
    """The type of a field as it is written."""
    from inspect import get_annotations  # a large module, and asked once for each kind

    return next(str(own[name]) for own in map(get_annotations, kind.__mro__) if name in own)
