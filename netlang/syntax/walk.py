"""Walking syntax trees without knowing their classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from netlang.syntax import ast

__all__ = ["walk"]


def walk(tree: object) -> Iterator[ast.Node]:
    """Every node of a tree, or of a tuple of trees, outermost first."""
    if isinstance(tree, tuple):
        for item in tree:
            yield from walk(item)
    elif isinstance(tree, ast.Node):
        yield tree
        for field in dataclasses.fields(tree):
            if field.name != "span":
                yield from walk(getattr(tree, field.name))
