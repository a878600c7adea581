"""Python source as a tree: the few forms that an emitted model needs.

Everything that is emitted is built from these; text of a spec can only get in as a `Constant`,
which prints through `repr`, as a sanitised `Name`, or in a comment or docstring, which the printer
quotes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

__all__ = [
    "Assign", "Attribute", "Binary", "Call", "ClassDef", "Comment", "Constant", "Do", "Expression",
    "For", "FunctionDef", "Generator", "If", "Index", "Keyword", "ListDisplay", "Name", "Number",
    "NumberValue", "Operand", "Field", "Overwrite", "Parameter", "PerAxis", "Return", "SizeOf",
    "Slice", "Star", "Statement", "TheModule", "TupleDisplay", "Unary", "call", "dotted",
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
