"""Walking syntax trees without knowing their classes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from netlang.records import names_of
from netlang.syntax import ast

__all__ = ["walk"]


def walk(tree: object) -> Iterator[ast.Node]:
    """Every node of a tree, or of a tuple of trees, outermost first."""
    left = [tree]
    while left:
        item = left.pop()
        if isinstance(item, tuple):
            left.extend(reversed(item))
        elif isinstance(item, ast.Node):
            yield item
            kind = type(item)
            left.extend([getattr(item, name) for name in _fields(kind)])


@cache
def _fields(kind: type[ast.Node]) -> tuple[str, ...]:
    """What a kind of node has besides its place, last one first."""
    return tuple(name for name in reversed(names_of(kind)) if name != "span")
