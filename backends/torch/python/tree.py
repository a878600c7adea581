"""Python source as a tree: the few forms that an emitted model needs.

All emitted code is built from these. Text of a spec can get in only as a `Constant`, printed
through `repr`, as a sanitized `Name`, or in a comment or docstring, which the printer quotes.
"""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from netlang.records import Record

__all__ = [
    "Assign", "Attribute", "Binary", "Call", "ClassDef", "Comment", "Conditional", "Constant",
    "Counted", "DictDisplay", "Do", "Expression", "Field", "For", "FunctionDef", "Generator", "If",
    "Index", "Keyword", "ListDisplay", "Name", "Number", "NumberValue", "Operand", "Overwrite",
    "Parameter", "PerAxis", "Return", "SizeOf", "Slice", "Star", "Statement", "TheModule",
    "TupleDisplay", "Unary", "call", "dotted",
]  # fmt: skip

NumberValue: TypeAlias = int | float


class Name(Record):
    id: str


class Attribute(Record):
    value: Expression
    name: str


class Index(Record):
    value: Expression
    item: Expression


class Slice(Record):
    """``start:stop:step`` inside an index."""

    start: Expression | None
    stop: Expression | None
    step: Expression | None = None


class Keyword(Record):
    """``name=value``, omitted if the value turns out to be the literal `default`."""

    name: str
    value: Expression
    default: Constant | TupleDisplay | None = None


class Call(Record):
    function: Expression
    arguments: tuple[Expression, ...] = ()
    keywords: tuple[Keyword, ...] = ()


class Constant(Record):
    value: int | float | bool | str | None


class Unary(Record):
    operator: str
    value: Expression


class Binary(Record):
    operator: str
    left: Expression
    right: Expression


class Conditional(Record):
    """``value if test else other``."""

    value: Expression
    test: Expression
    other: Expression


class TupleDisplay(Record):
    items: tuple[Expression, ...]


class ListDisplay(Record):
    items: tuple[Expression, ...]


class DictDisplay(Record):
    """``{"key": value}``."""

    items: tuple[tuple[str, Expression], ...]


class Counted(Record):
    """The text ``f"{before}{index}{after}"``."""

    before: str
    index: Expression
    after: str


class Star(Record):
    value: Expression


class Generator(Record):
    """``(element for target in iterable)``, with one loop per pair."""

    element: Expression
    loops: tuple[tuple[str, Expression], ...]


class Number(Record):
    """A number of an instance of a block; `role` says what it is (``stride``)."""

    value: NumberValue
    role: str


class PerAxis(Record):
    """One number per spatial axis; a single one if they turn out to be equal."""

    items: tuple[Expression, ...]


class Operand(Record):
    """Input number `index` of the step."""

    index: int


class SizeOf(Record):
    """A size that depends on the net's input, by its formula; it is read from a value."""

    formula: str


class TheModule(Record):
    """The module that the step applies."""


class Overwrite(Record):
    """Whether the step may overwrite its input with its result."""


Expression: TypeAlias = (
    Name | Attribute | Index | Slice | Call | Constant | Unary | Binary | TupleDisplay | ListDisplay
    | DictDisplay | Counted | Star | Generator | Number | PerAxis | Operand | SizeOf | TheModule
    | Overwrite | Conditional
)  # fmt: skip


class Assign(Record):
    target: Expression
    value: Expression
    comment: str = ""
    annotation: Expression | None = None


class Do(Record):
    """An expression evaluated for its effect."""

    value: Expression


class Return(Record):
    value: Expression
    comment: str = ""


class Comment(Record):
    text: str


class If(Record):
    test: Expression
    body: tuple[Statement, ...]


class For(Record):
    target: str
    iterable: Expression
    body: tuple[Statement, ...]


class Parameter(Record):
    name: str
    annotation: Expression | None = None
    default: Expression | None = None


class FunctionDef(Record):
    name: str
    parameters: tuple[Parameter, ...]
    returns: Expression
    body: tuple[Statement, ...]
    doc: str = ""


class Field(Record):
    """``name: annotation`` in a class body."""

    name: str
    annotation: Expression


class ClassDef(Record):
    """A class, meant for arguments for which one of `where` holds, or for all if that is empty.

    The docstring is `doc` followed by these conditions and, as a paragraph, the `example`.
    """

    name: str
    base: Expression
    body: tuple[Statement, ...]
    doc: str = ""
    where: tuple[str, ...] = ()
    example: str = ""


Statement: TypeAlias = (
    Assign | Do | Return | Comment | If | For | FunctionDef | Field | ClassDef
)  # fmt: skip


@cache
def dotted(text: str) -> Expression:
    """``nn.Conv2d`` as a tree. `text` is ours, never a spec's, so there are few."""
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
