"""Walks through trees of Python source: nodes, structure, and replacement of parts.

Trees can be deep and there are many, so the walks use explicit stacks and look up the fields of
each kind of node once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter, is_not
from typing import Any, TypeVar

from netlang.backends.torch.python.tree import (
    Attribute,
    Constant,
    Expression,
    Keyword,
    Name,
    Number,
    Operand,
    Overwrite,
    SizeOf,
    TheModule,
)
from netlang.records import Record, names_of

__all__ = ["blanked", "map_expression", "walk"]

# The annotations of fields that hold no part.
_LITERAL_TYPES = frozenset(("str", "int", "NumberValue", "int | float | bool | str | None"))
_LEAVES = frozenset((Name, Constant, Operand, SizeOf, TheModule, Overwrite))
"""Expressions with nothing in them, numbers aside."""

Node = TypeVar("Node", Expression, Keyword)
Reader = Callable[[object], tuple[object, ...]]


@cache
def _branches(kind: type[Record]) -> tuple[str, ...]:
    """The names of the fields that may contain parts."""
    return tuple(
        name for name in names_of(kind) if kind.__annotations__[name] not in _LITERAL_TYPES
    )


class _Readers(dict[type, Reader | None]):
    """For each kind of part, the function that returns its fields, last one first.

    All fields, if leaves are treated like literals; with `branches`, only those that may contain
    parts. Literals have none.
    """

    def __init__(self, *, branches: bool) -> None:
        super().__init__({tuple: _items})
        self._branches = branches

    def __missing__(self, kind: type) -> Reader | None:
        self[kind] = None
        if issubclass(kind, Record) and (self._branches or kind not in _LEAVES):
            names = _branches(kind) if self._branches else names_of(kind)
            self[kind] = _reader(*names[::-1])
        return self[kind]


def _items(part: object) -> tuple[object, ...]:
    assert isinstance(part, tuple)
    return part[::-1]


def _reader(*names: str) -> Reader:
    """The function that returns the fields with these names, in order."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda part: tuple([getattr(part, name) for name in names])


_ALL, _PARTS = _Readers(branches=False), _Readers(branches=True)


def walk(part: object) -> list[object]:
    """Every node of a tree in textual order, each before its children."""
    found: list[object] = []
    left = [part]
    while left:
        item = left.pop()
        kind = type(item)
        if (read := _PARTS[kind]) is not None:
            if kind is not tuple:
                found.append(item)
            left += read(item)
    return found


def blanked(part: object) -> tuple[tuple[object, ...], tuple[Number, ...]]:
    """A tree's structure without the values of its numbers, and the numbers in textual order.

    The structure is equal for two trees that differ only in numbers. It lists the nodes, each
    before its children; their kinds and lengths determine the nesting. A node without numbers may
    appear as a whole.
    """
    shape: list[object] = []
    numbers: list[Number] = []
    left = [part]
    while left:
        item = left.pop()
        kind = type(item)
        if (read := _ALL[kind]) is None:
            shape.append(item)
        elif type(item) is tuple:
            shape.append(len(item))
            left += read(item)
        elif type(item) is Number:
            numbers.append(item)
            shape += (kind, item.role)
        elif type(item) is Attribute and type(item.value) is Name:
            shape.append(item)
        else:
            shape.append(kind)
            left += read(item)
    return tuple(shape), tuple(numbers)


def map_expression(node: Node, change: Callable[[Expression], Expression]) -> Node:
    """The tree with `change` applied to every expression in it, innermost first."""
    mapped: Node = _mapped(node, change)
    return mapped


def _mapped(part: Any, change: Callable[[Any], Any]) -> Any:
    """An expression, keyword or literal, or a tuple of these, after `change`."""
    kind: type = type(part)
    if kind in _LEAVES:
        return change(part)
    if kind is tuple:
        items = [_mapped(item, change) for item in part]
        return tuple(items) if any(map(is_not, items, part)) else part
    if _PARTS[kind] is None:
        return part
    changes: dict[str, object] = {}
    for name in _branches(kind):
        value = getattr(part, name)
        if value and (mapped := _mapped(value, change)) is not value:
            changes[name] = mapped
    if changes:
        part = kind(*[changes.get(name, getattr(part, name)) for name in names_of(kind)])
    return part if kind is Keyword else change(part)
