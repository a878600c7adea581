"""Walking syntax trees without knowing their classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cache

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
            kind: type = type(item)
            left.extend([getattr(item, name) for name in _fields(kind)])


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """What a kind of node has besides its place, last one first."""
    fields = reversed(dataclasses.fields(kind))
    return tuple(field.name for field in fields if field.name != "span")
