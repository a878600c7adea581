"""The expressions of the syntax tree, and what every node of it has.

`netlang.syntax.ast` has these and all the rest: it is what others import.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from netlang.source import Span

__all__ = [
    "Argument", "Attribute", "Binary", "Boolean", "Call", "Compare", "Conditional", "Dims", "Expr",
    "In", "Index", "ListExpr", "Logical", "Name", "Node", "Number", "RangeExpr", "Slice", "String",
    "TupleExpr", "Unary",
]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """What every node has: where it stands. Nodes are equal if they are the same one."""

    span: Span


# --- expressions -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Number(Node):
    """`64`, `1e-3`, `600_000`, `14M`, `1.5G`. A suffixed value that is whole is an int."""

    value: int | float


@dataclass(frozen=True, slots=True, eq=False)
class String(Node):
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Boolean(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True, eq=False)
class Dims(Node):
    """`3x3`, `1x7`, `2x2x2`."""

    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class In(Node):
    """`in`: the input of the enclosing block."""


@dataclass(frozen=True, slots=True, eq=False)
class ListExpr(Node):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TupleExpr(Node):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RangeExpr(Node):
    """`256..480`, `0.08..1.0`."""

    start: Expr
    stop: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Attribute(Node):
    """`in.channels`; `name_span` covers the part after the dot."""

    value: Expr
    name: str
    name_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Index(Node):
    value: Expr
    index: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Slice(Node):
    value: Expr
    start: Expr | None
    stop: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Argument(Node):
    """`64` (name is None) or `stride=2`; `span` covers the whole of it."""

    name: str | None
    name_span: Span | None
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """`conv(64, 7x7)`, `range(n)`, `mobilenet_v2.macs(H=224)`."""

    callee: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Node):
    """`-x`, `not x`. `operator` is the text of it."""

    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """`+ - * / // % **`."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Compare(Node):
    """`a < b <= c`: one operand more than operators (`== != < <= > >= in`)."""

    operators: tuple[str, ...]
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Logical(Node):
    """`and`, `or`: the right side is evaluated only when needed."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Conditional(Node):
    """`then if condition else otherwise`."""

    condition: Expr
    then: Expr
    otherwise: Expr


Expr: TypeAlias = (
    Number | String | Boolean | Dims | Name | In | ListExpr | TupleExpr | RangeExpr | Attribute
    | Index | Slice | Call | Unary | Binary | Compare | Logical | Conditional
)  # fmt: skip
