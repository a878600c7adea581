"""The names that a script has for itself: no value of a batch may be called by one of them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

__all__ = ["reserved_names"]


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
