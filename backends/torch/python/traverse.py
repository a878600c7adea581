"""Walks through trees of Python source: their nodes, their shape, and trees with parts replaced.

A tree may be deep and there are many of them, so the walks go by stacks and know the fields of each
kind of node once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter, is_not
from typing import TypeVar

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
    """The names of the fields that may hold parts."""
    return tuple(
        name for name in names_of(kind) if kind.__annotations__[name] not in _LITERAL_TYPES
    )


class _Readers(dict[type, Reader | None]):
    """What gives the fields of a part, last one first, by its kind; nothing for a literal.

    All fields, or with `branches` those that may hold parts.
    """

    def __init__(self, *, branches: bool) -> None:
        super().__init__()
        self._branches = branches

    def __missing__(self, kind: type) -> Reader | None:
        if not issubclass(kind, Record):
            self[kind] = None
            return None
        names = (_branches(kind) if self._branches else names_of(kind))[::-1]
        # Of several names this gives a tuple.
        several: Reader = attrgetter(*names) if len(names) > 1 else lambda item: ()
        self[kind] = (lambda item: (getattr(item, names[0]),)) if len(names) == 1 else several
        return self[kind]


_ALL, _PARTS = _Readers(branches=False), _Readers(branches=True)


def walk(part: object) -> list[object]:
    """Every node of a tree, each before what is in it, in textual order."""
    found: list[object] = []
    left = [part]
    while left:
        item = left.pop()
        if isinstance(item, tuple):
            left += item[::-1]
        elif (read := _PARTS[type(item)]) is not None:
            found.append(item)
            left += read(item)
    return found


def blanked(part: object) -> tuple[tuple[object, ...], tuple[Number, ...]]:
    """What is left of a tree without the values of its numbers, and the numbers in textual order.

    The first is equal for two trees that differ in the values of numbers only. It lists the nodes,
    each before what is in it: their kinds and lengths say what belongs to which. A node without
    numbers may stand there itself.
    """
    shape: list[object] = []
    numbers: list[Number] = []
    left = [part]
    while left:
        item = left.pop()
        if isinstance(item, tuple):
            shape.append(len(item))
            left += item[::-1]
        elif isinstance(item, Number):
            numbers.append(item)
            shape += (Number, item.role)
        elif (
            type(item) in _LEAVES
            or (isinstance(item, Attribute) and type(item.value) is Name)
            or (read := _ALL[type(item)]) is None
        ):
            shape.append(item)
        else:
            shape.append(type(item))
            left += read(item)
    return tuple(shape), tuple(numbers)


def map_expression(node: Node, change: Callable[[Expression], Expression]) -> Node:
    """The tree with `change` applied to every expression in it, innermost first."""
    kind: type = type(node)
    if kind in _LEAVES:
        return change(node)  # type: ignore[arg-type, return-value]  # no leaf is a keyword
    changes: dict[str, object] | None = None
    for name in _branches(kind):
        value = getattr(node, name)
        if value is not None and (mapped := _mapped(value, change)) is not value:
            changes = changes or {}
            changes[name] = mapped
    rebuilt: Node = node
    if changes is not None:
        rebuilt = kind(*[changes.get(name, getattr(node, name)) for name in names_of(kind)])
    return rebuilt if isinstance(rebuilt, Keyword) else change(rebuilt)


def _mapped(value: object, change: Callable[[Expression], Expression]) -> object:
    if isinstance(value, tuple):
        items = [_mapped(item, change) for item in value]
        return tuple(items) if any(map(is_not, items, value)) else value
    if _PARTS[type(value)] is None:
        return value
    return map_expression(value, change)  # type: ignore[type-var]  # the rest are expressions
