"""Python source as a tree: the few forms that an emitted model needs.

Everything that is emitted is built from these; text of a spec can only get in as a `Constant`,
which prints through `repr`, as a sanitised `Name`, or in a comment or docstring, which the printer
quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter, is_not
from typing import TypeAlias, TypeVar

__all__ = [
    "Assign", "Attribute", "Binary", "Call", "ClassDef", "Comment", "Constant", "Do", "Expression",
    "For", "FunctionDef", "Generator", "If", "Index", "Keyword", "ListDisplay", "Name", "Number",
    "NumberValue", "Operand", "Field", "Overwrite", "Parameter", "PerAxis", "Return", "SizeOf",
    "Slice", "Star", "Statement", "TheModule", "TupleDisplay", "Unary", "blanked", "call", "dotted",
    "map_expression", "walk",
]  # fmt: skip

NumberValue: TypeAlias = int | float


@dataclass(frozen=True, slots=True)
class Name:
    id: str


@dataclass(frozen=True, slots=True)
class Attribute:
    value: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    value: Expression
    item: Expression


@dataclass(frozen=True, slots=True)
class Slice:
    """``start:stop:step`` inside an index."""

    start: Expression | None
    stop: Expression | None
    step: Expression | None = None


@dataclass(frozen=True, slots=True)
class Keyword:
    """``name=value``, left out where the value turns out to be the constant `default`."""

    name: str
    value: Expression
    default: Constant | None = None


@dataclass(frozen=True, slots=True)
class Call:
    function: Expression
    arguments: tuple[Expression, ...] = ()
    keywords: tuple[Keyword, ...] = ()


@dataclass(frozen=True, slots=True)
class Constant:
    value: int | float | bool | str | None


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class TupleDisplay:
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ListDisplay:
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Star:
    value: Expression


@dataclass(frozen=True, slots=True)
class Generator:
    """``(element for target in iterable)``, with one loop for each pair."""

    element: Expression
    loops: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A number that an instance of a block has here; `role` says what it is (``stride``)."""

    value: NumberValue
    role: str


@dataclass(frozen=True, slots=True)
class PerAxis:
    """One number for each spatial axis; a single one where they turn out to be the same."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Operand:
    """Input `index` of the step."""

    index: int


@dataclass(frozen=True, slots=True)
class SizeOf:
    """A size that depends on the net's input, by its formula; it is read from a value there."""

    formula: str


@dataclass(frozen=True, slots=True)
class TheModule:
    """The module that the step applies."""


@dataclass(frozen=True, slots=True)
class Overwrite:
    """Whether the step may write its result over its input."""


Expression: TypeAlias = (
    Name | Attribute | Index | Slice | Call | Constant | Unary | Binary | TupleDisplay | ListDisplay
    | Star | Generator | Number | PerAxis | Operand | SizeOf | TheModule
    | Overwrite
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assign:
    target: Expression
    value: Expression
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Do:
    """An expression for its effect."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Return:
    value: Expression
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    text: str


@dataclass(frozen=True, slots=True)
class If:
    test: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class For:
    target: str
    iterable: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    annotation: Expression | None = None
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class FunctionDef:
    name: str
    parameters: tuple[Parameter, ...]
    returns: Expression
    body: tuple[Statement, ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """``name: annotation`` in a class body."""

    name: str
    annotation: Expression


@dataclass(frozen=True, slots=True)
class ClassDef:
    name: str
    base: Expression
    body: tuple[Statement, ...]
    doc: str = ""


Statement: TypeAlias = (
    Assign | Do | Return | Comment | If | For | FunctionDef | Field | ClassDef
)  # fmt: skip

# What stands in a tree without being a part of it.
_LITERALS = (str, int, float, type(None))
# The annotations of fields that hold nothing else.
_LITERAL_TYPES = frozenset(("str", "int", "NumberValue", "int | float | bool | str | None"))

Part: TypeAlias = Expression | Statement | Keyword | Parameter
Node = TypeVar("Node", Expression, Keyword)


@cache
def dotted(text: str) -> Expression:
    """``nn.Conv2d`` as a tree; `text` is ours, never a spec's: there are few."""
    first, *rest = text.split(".")
    found: Expression = Name(first)
    for name in rest:
        found = Attribute(found, name)
    return found


def call(function: str, *arguments: Expression | Keyword) -> Call:
    """A call of one of our own dotted names."""
    return Call(
        dotted(function),
        tuple(item for item in arguments if not isinstance(item, Keyword)),
        tuple(item for item in arguments if isinstance(item, Keyword)),
    )


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
