"""Walks through trees of Python source: their nodes, their shape, and trees with parts replaced.

A tree may be deep and there are many of them, so the walks go by stacks and know the fields of each
kind of node once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from operator import attrgetter, is_not
from typing import TypeVar

from netlang.backends.torch.python.tree import Expression, Keyword, Number

__all__ = ["blanked", "map_expression", "walk"]

# What stands in a tree without being a part of it.
_LITERALS = (str, int, float, type(None))
# The annotations of fields that hold nothing else.
_LITERAL_TYPES = frozenset(("str", "int", "NumberValue", "int | float | bool | str | None"))

Node = TypeVar("Node", Expression, Keyword)


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """The names of a part's fields; asking `dataclasses` each time would take most of the time."""
    return tuple(field.name for field in fields(kind))


@cache
def _branches(kind: type) -> tuple[str, ...]:
    """The names of the fields that may hold parts."""
    return tuple(field.name for field in fields(kind) if field.type not in _LITERAL_TYPES)


@cache
def _reader(kind: type, *, literals: bool) -> Callable[[object], tuple[object, ...]]:
    """What gives the fields of a part, last one first; all, or those that may hold parts."""
    names = (_fields(kind) if literals else _branches(kind))[::-1]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda item: tuple([getattr(item, name) for name in names])


def walk(part: object) -> Iterator[object]:
    """Every node of a tree, each before what is in it, in textual order."""
    left = [part]
    while left:
        item = left.pop()
        if isinstance(item, tuple):
            left.extend(reversed(item))
        elif not isinstance(item, _LITERALS):
            yield item
            kind: type = type(item)
            left.extend(_reader(kind, literals=False)(item))


def blanked(part: object) -> tuple[tuple[object, ...], tuple[Number, ...]]:
    """What is left of a tree without the values of its numbers, and the numbers in textual order.

    The first is equal for two trees that differ in the values of numbers only. It lists the nodes,
    each before what is in it: their kinds and lengths say what belongs to which.
    """
    shape: list[object] = []
    numbers: list[Number] = []
    left = [part]
    while left:
        item = left.pop()
        kind: type = type(item)
        if isinstance(item, _LITERALS):
            shape.append(item)
        elif isinstance(item, tuple):
            shape.append(len(item))
            left.extend(reversed(item))
        elif isinstance(item, Number):
            numbers.append(item)
            shape += (Number, item.role)
        else:
            shape.append(kind)
            left.extend(_reader(kind, literals=True)(item))
    return tuple(shape), tuple(numbers)


def map_expression(node: Node, change: Callable[[Expression], Expression]) -> Node:
    """The tree with `change` applied to every expression in it, innermost first."""
    kind: type = type(node)
    changes: dict[str, object] | None = None
    for name in _branches(kind):
        value = getattr(node, name)
        if value is not None and (mapped := _mapped(value, change)) is not value:
            changes = changes or {}
            changes[name] = mapped
    rebuilt: Node = node
    if changes is not None:
        rebuilt = kind(*[changes.get(name, getattr(node, name)) for name in _fields(kind)])
    return rebuilt if isinstance(rebuilt, Keyword) else change(rebuilt)


def _mapped(value: object, change: Callable[[Expression], Expression]) -> object:
    if isinstance(value, tuple):
        items = [_mapped(item, change) for item in value]
        return tuple(items) if any(map(is_not, items, value)) else value
    if isinstance(value, _LITERALS):
        return value
    return map_expression(value, change)  # type: ignore[type-var]  # the rest are expressions
