"""Compile-time values of the language.

A value is a plain Python object: `int` (perhaps `Traced`), `float`, `bool`, `str`, `Keyword`, a
tuple of values (lists and tuples alike), a size expression, or one of the classes here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import TypeAlias

from netlang.ir.arguments import Keyword
from netlang.ir.constraints import Constraint
from netlang.ir.dims import Expr
from netlang.ir.op import Op
from netlang.ir.types import TensorType
from netlang.records import Record
from netlang.source import Source, Span
from netlang.syntax import ast

__all__ = [
    "BlockTarget",
    "BoundArgument",
    "Broken",
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
]


class Range(Record):
    """`256..480`: both ends belong to it."""

    start: int | float
    stop: int | float

    def __str__(self) -> str:
        return f"{self.start}..{self.stop}"


class TensorValue(Record):
    """A value of the network as an expression sees it: by its type."""

    type: TensorType


class Undecided(Record):
    """A comparison of sizes that holds for some inputs only."""

    constraints: tuple[Constraint, ...]


class Broken(Record):
    """The value of a constant whose expression was an error: reading it is no second one."""


class OperatorTarget(Record):
    """An operator, by its class."""

    op: type[Op]

    @property
    def name(self) -> str:
        return self.op.name


class Namespace(ABC):
    """A file as those see it who read its names: what each stands for, and its text."""

    source: Source
    file: ast.File

    @abstractmethod
    def find(self, name: str) -> Value | None:
        """What `name` stands for in this file, or None; raises for a definition in error."""

    @abstractmethod
    def names(self) -> Iterator[str]:
        """Every name that the file defines or imports."""


class BlockTarget(Record):
    """A block or net, with the file that its names belong to."""

    definition: ast.BlockDef | ast.NetDef
    module: Namespace

    @property
    def name(self) -> str:
        return self.definition.name


class BoundArgument(Record):
    """An argument that has been given, and where."""

    value: Value
    span: Span


class Layer(Record):
    """An operator or block with some or all of its arguments: ``conv(kernel=3x3)``."""

    target: OperatorTarget | BlockTarget
    arguments: tuple[tuple[str, BoundArgument], ...] = ()

    @property
    def name(self) -> str:
        return self.target.name

    def mapped(self, change: Callable[[Value], Value]) -> Layer:
        """The same layer with every argument changed."""
        given = (
            (name, BoundArgument(change(bound.value), bound.span)) for name, bound in self.arguments
        )
        return Layer(self.target, tuple(given))

    def __str__(self) -> str:
        given = ", ".join(f"{name}={describe(bound.value)}" for name, bound in self.arguments)
        return f"{self.name}({given})" if given else self.name


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
    | Broken
)


def describe(value: object) -> str:
    """A value as the language would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Keyword):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(describe, value))}]"
    if isinstance(value, TensorValue):
        return f"a value of shape {value.type}"
    if isinstance(value, Undecided):
        return " and ".join(map(str, value.constraints))
    return str(value)


def kind_of(value: object) -> str:
    """What sort of value it is, in words."""
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
        (TensorValue, "a value of the network"),
        (Undecided, "a condition on the input's sizes"),
    )
    return next(words for kind, words in kinds if isinstance(value, kind))


def memo_key(value: object) -> object:
    """A hashable that tells values apart which Python calls equal (``1``, ``1.0``, ``true``)."""
    if isinstance(value, tuple):
        return tuple(memo_key(item) for item in value)
    if isinstance(value, Layer):
        given = tuple(
            (name, memo_key(bound.value))
            for name, bound in sorted(value.arguments, key=lambda argument: argument[0])
        )
        target = value.target
        return (target.op if isinstance(target, OperatorTarget) else id(target.definition), given)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return (type(value).__name__, value)
