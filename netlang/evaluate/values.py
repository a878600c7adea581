"""Compile-time values of the language.

A value is a plain Python object: an `int` (possibly `Traced`), `float`, `bool`, `str`, `Keyword`, a
tuple of values (for lists and tuples alike), a size expression, or one of the classes here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeAlias, final

from netlang.ir.arguments import Keyword
from netlang.ir.constraints import Constraint
from netlang.ir.dims import Expr
from netlang.ir.numbers.provenance import Applied, Traced, TracedFloat
from netlang.ir.op import Op
from netlang.ir.types import TensorType
from netlang.records import Record
from netlang.source import Source, Span
from netlang.syntax import ast

__all__ = [
    "BlockTarget",
    "BoundArgument",
    "Broken",
    "FunctionValue",
    "Items",
    "Layer",
    "Namespace",
    "OperatorTarget",
    "Range",
    "TensorValue",
    "Undecided",
    "Value",
    "describe",
    "kind_of",
    "memo_key",
    "weight",
]

# Characters of a value in a message.
_LONGEST_TEXT = 300


class Range(Record):
    """`256..480`, including both ends."""

    start: int | float
    stop: int | float

    def __str__(self) -> str:
        return f"{self.start}..{self.stop}"


class TensorValue(Record):
    """A value of the network as an expression sees it: its type."""

    type: TensorType


class Undecided(Record):
    """A comparison of sizes that holds for some inputs only."""

    constraints: tuple[Constraint, ...]


class Broken(Record):
    """The value of a constant whose expression had an error, which readers don't repeat."""


class OperatorTarget(Record):
    """An operator, by its class."""

    op: type[Op]

    @property
    def name(self) -> str:
        return self.op.name


class Namespace(ABC):
    """A file as seen by readers of its names: what each name stands for, and its text."""

    source: Source
    file: ast.File

    @abstractmethod
    def find(self, name: str) -> Value | None:
        """What `name` stands for in this file, or None. Raises for a definition with an error."""

    @abstractmethod
    def names(self) -> Iterator[str]:
        """Every name that the file defines or imports."""


class BlockTarget(Record):
    """A block or net, with the file to which its names belong."""

    definition: ast.BlockDef | ast.NetDef
    module: Namespace

    @property
    def name(self) -> str:
        return self.definition.name


class FunctionValue(Record):
    """A function of compile-time values, which can only be called."""

    definition: ast.FunctionDef

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def arguments(self) -> tuple[tuple[str, BoundArgument], ...]:
        """None before it is called."""
        return ()


class BoundArgument(Record):
    """An argument that was given, and where."""

    value: Value
    span: Span


class Layer(Applied, dict=True):
    """An operator or block with some or all of its arguments: ``conv(kernel=3x3)``."""

    target: OperatorTarget | BlockTarget
    arguments: tuple[tuple[str, BoundArgument], ...] = ()

    @property
    def name(self) -> str:
        return self.target.name

    @cached_property
    def weight(self) -> int:
        """The number of values that it contains, including those inside its arguments."""
        values = [bound.value for _, bound in self.arguments]
        inside = [value for value in values if isinstance(value, (tuple, Layer))]
        return 1 + len(values) - len(inside) + sum(map(weight, inside))

    def mapped(self, change: Callable[[Value], Value]) -> Layer:
        """The same layer with every argument changed."""
        return self.with_numbers({name: change(bound.value) for name, bound in self.arguments})

    def numbers(self) -> Iterator[tuple[str, object]]:
        return ((name, bound.value) for name, bound in self.arguments)

    def with_numbers(self, values: Mapping[str, Any]) -> Layer:
        given = [(k, BoundArgument(values.get(k, b.value), b.span)) for k, b in self.arguments]
        return Layer(self.target, tuple(given))

    def __str__(self) -> str:
        return describe(self)


Value: TypeAlias = (
    int
    | float
    | bool
    | str
    | Keyword
    | tuple["Value", ...]
    | Expr
    | Range
    | TensorValue
    | Undecided
    | Layer
    | FunctionValue
    | Broken
)


@final
class Items(tuple[Value, ...]):
    """A list from an expression, with facts that are expensive to recompute.

    `weight` is the number of values in it, including nested ones. `traced` says whether any number
    in it knows its origin.
    """

    weight: int
    traced: bool
    _key: object = None

    @classmethod
    def of(cls, values: tuple[Value, ...]) -> Items:
        """The same list."""
        if isinstance(values, cls):
            return values
        items = cls(values)
        items.weight = 1 + sum(map(weight, values))
        items.traced = any(map(_is_traced, values))
        return items

    @property
    def key(self) -> object:
        """Its `memo_key`."""
        if self._key is None:
            self._key = tuple(map(memo_key, self))
        return self._key


def weight(value: Value) -> int:
    """The number of values in a value, including nested ones."""
    if isinstance(value, (Items, Layer)):
        return value.weight
    return 1 + sum(map(weight, value)) if isinstance(value, tuple) else 1


def _is_traced(value: Value) -> bool:
    if isinstance(value, Items):
        return value.traced
    if isinstance(value, tuple):
        return any(map(_is_traced, value))
    return isinstance(value, (Traced, TracedFloat, Layer))


def describe(value: object) -> str:
    """A value as written in the language; for a very long one, its beginning."""
    text, length = list[str](), 0
    for piece in _pieces(value):
        text.append(piece)
        length += len(piece)
        if length > _LONGEST_TEXT and isinstance(value, (tuple, Layer)):
            return f"{''.join(text)} ..."
    return "".join(text)


def _pieces(value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        for number, item in enumerate(value):
            yield ", " if number else "["
            yield from _pieces(item)
        yield "]" if value else "[]"
    elif isinstance(value, Layer):
        yield value.name
        for number, (name, bound) in enumerate(value.arguments):
            yield f"{', ' if number else '('}{name}="
            yield from _pieces(bound.value)
        yield ")" if value.arguments else ""
    else:
        yield _simple(value)


def _simple(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Keyword):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, TensorValue):
        return f"a value of shape {value.type}"
    if isinstance(value, Undecided):
        return " and ".join(map(str, value.constraints))
    return str(value)


def kind_of(value: object) -> str:
    """The kind of a value, in words."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "a truth value"),
        (Expr, "a size that depends on the input"),
        (int, "a whole number"),
        (float, "a number"),
        (Keyword, "a bare word"),
        (str, "a string"),
        (tuple, "a list"),
        (Range, "a range"),
        (Layer, "a layer"),
        (FunctionValue, "a function"),
        (TensorValue, "a value of the network"),
        (Undecided, "a condition on the input's sizes"),
    )
    return next(words for kind, words in kinds if isinstance(value, kind))


def memo_key(value: object) -> object:
    """A hashable key that separates values which Python calls equal (``1``, ``1.0``, ``true``)."""
    if isinstance(value, int) and type(value) is not bool:
        return int(value)
    if isinstance(value, Items):
        return value.key
    if isinstance(value, tuple):
        return tuple([memo_key(item) for item in value])
    if isinstance(value, Layer):
        given = tuple(
            (name, memo_key(bound.value))
            for name, bound in sorted(value.arguments, key=lambda argument: argument[0])
        )
        target = value.target
        return (target.op if isinstance(target, OperatorTarget) else id(target.definition), given)
    return ("float" if isinstance(value, float) else type(value).__name__, value)
