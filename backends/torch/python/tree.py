"""Python source as a tree: the few forms that an emitted model needs.

Everything that is emitted is built from these; text of a spec can only get in as a `Constant`,
which prints through `repr`, as a sanitised `Name`, or in a comment or docstring, which the printer
quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TypeAlias, TypeVar

__all__ = [
    "Assign", "Attribute", "Binary", "Call", "ClassDef", "Comment", "Constant", "Do", "Expression",
    "For", "FunctionDef", "Generator", "If", "Index", "Keyword", "ListDisplay", "Name", "Number",
    "NumberValue", "Operand", "Field", "Overwrite", "Parameter", "PerAxis", "Return", "SizeOf",
    "Slice", "Star", "Statement", "TheModule", "TupleDisplay", "Unary", "call", "dotted",
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

Part: TypeAlias = Expression | Statement | Keyword | Parameter
Node = TypeVar("Node", Expression, Keyword)


def dotted(text: str) -> Expression:
    """``nn.Conv2d`` as a tree; `text` is ours, never a spec's."""
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
            left.extend(getattr(item, name) for name in reversed(_fields(kind)))


def map_expression(node: Node, change: Callable[[Expression], Expression]) -> Node:
    """The tree with `change` applied to every expression in it, innermost first."""
    changes = {}
    kind: type = type(node)
    for name in _fields(kind):
        value = getattr(node, name)
        if not isinstance(value, _LITERALS) and (mapped := _mapped(value, change)) is not value:
            changes[name] = mapped
    rebuilt: Node = replace(node, **changes) if changes else node  # type: ignore[arg-type]  # each of its field's type
    return rebuilt if isinstance(rebuilt, Keyword) else change(rebuilt)


def _mapped(value: object, change: Callable[[Expression], Expression]) -> object:
    if isinstance(value, _LITERALS):
        return value
    if not isinstance(value, tuple):
        return map_expression(value, change)  # type: ignore[type-var]  # the rest are expressions
    items = tuple([_mapped(item, change) for item in value])
    return items if any(one is not two for one, two in zip(items, value, strict=True)) else value
