"""The names that a script has for itself: values of a batch and classes have others."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

__all__ = ["names_at_the_top", "reserved_names"]


def reserved_names(text: str, values: Collection[str]) -> frozenset[str]:
    """All names of a script that mean the same in each function that has one of `values`.

    Those are what it imports and defines, and what these functions call anything else by.
    """
    found = set[str]()
    for node in ast.parse(text).body:
        found |= set(_bound(node))
        names = set(_named(node)) if isinstance(node, ast.FunctionDef) else set[str]()
        if names.intersection(values):
            found |= names
    return frozenset(found.difference(values))


def names_at_the_top(text: str) -> frozenset[str]:
    """What a script imports and defines, and what the statements outside of functions read."""
    return frozenset(name for node in ast.parse(text).body for name in _bound(node))


def _bound(node: ast.stmt) -> Iterator[str]:
    """What a statement at the top gives a meaning to."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (each.asname or each.name.split(".")[0] for each in node.names)
    else:
        yield from _named(node)


def _named(node: ast.AST) -> Iterator[str]:
    """Every name in a statement, arguments and what is caught too."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.arg):
            yield each.arg
        elif isinstance(each, ast.ExceptHandler) and each.name:
            yield each.name
