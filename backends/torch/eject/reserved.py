"""Names that a script uses itself and that values of a batch and classes must avoid."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

__all__ = ["names_at_the_top", "reserved_names"]


def reserved_names(text: str, values: Collection[str]) -> frozenset[str]:
    """All names of a script with the same meaning in each function that has one of `values`.

    These are the names that it imports and defines, and all other names in these functions.
    """
    found = set[str]()
    for node in ast.parse(text).body:
        found |= set(_bound(node))
        names = set(_named(node)) if isinstance(node, ast.FunctionDef) else set[str]()
        if names.intersection(values):
            found |= names
    return frozenset(found.difference(values))


def names_at_the_top(text: str) -> frozenset[str]:
    """Names that a script imports, defines or reads at the top level."""
    return frozenset(name for node in ast.parse(text).body for name in _bound(node))


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (each.asname or each.name.split(".")[0] for each in node.names)
    else:
        yield from _named(node)


def _named(node: ast.AST) -> Iterator[str]:
    """Every name in a statement, including arguments and caught exceptions."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.arg):
            yield each.arg
        elif isinstance(each, ast.ExceptHandler) and each.name:
            yield each.name
