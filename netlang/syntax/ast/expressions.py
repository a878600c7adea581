"""The expressions of the syntax tree, and the base of all nodes.

`netlang.syntax.ast` exports these together with all other nodes; import them from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from netlang.records import Record
from netlang.source import Span

__all__ = [
    "Argument", "Attribute", "Binary", "Boolean", "Call", "Compare", "Comprehension",
    "Conditional", "Dims", "Expr", "ForClause", "Here", "In", "Index", "ListExpr", "Logical",
    "Name", "Node", "Number", "RangeExpr", "Slice", "Spread", "String", "Target", "Targets",
    "TupleExpr", "Unary", "names_in",
]  # fmt: skip


class Node(Record, eq=False, gc=False):
    """Base of all nodes, with their place in the text. Nodes compare by identity."""

    span: Span


# --- expressions -------------------------------------------------------------------------------


class Number(Node):
    """`64`, `1e-3`, `600_000`, `14M`, `1.5G`. A suffixed value that is whole is an int."""

    value: int | float


class String(Node):
    value: str


class Boolean(Node):
    """`true` or `false`."""

    value: bool


class Dims(Node):
    """`3x3`, `1x7`, `2x2x2`."""

    sizes: tuple[int, ...]


class Name(Node):
    name: str


class In(Node):
    """`in`: the input of the enclosing block."""


class Spread(Node):
    """`*row` among items or arguments: those of the list, in its place."""

    value: Expr


class Here(Node):
    """`here`: the current value, which the step before has made."""


class ListExpr(Node):
    items: tuple[Expr | Spread, ...]


class TupleExpr(Node):
    items: tuple[Expr | Spread, ...]


class Targets(Node):
    """`(k, out)` among the names of a `for`: an item that is a list is taken apart."""

    items: tuple[Target, ...]


class ForClause(Node):
    """`for i, (k, out) in rows if k > 1` of a comprehension."""

    targets: tuple[Target, ...]
    iterable: Expr
    conditions: tuple[Expr, ...]


class Comprehension(Node):
    """`[f(k) for k in ks if k > 1]`; later clauses are inside earlier ones."""

    element: Expr
    clauses: tuple[ForClause, ...]


class RangeExpr(Node):
    """`256..480`, `0.08..1.0`."""

    start: Expr
    stop: Expr


class Attribute(Node):
    """`in.channels`; `name_span` covers the part after the dot."""

    value: Expr
    name: str
    name_span: Span


class Index(Node):
    value: Expr
    index: Expr


class Slice(Node):
    value: Expr
    start: Expr | None
    stop: Expr | None
    step: Expr | None


class Argument(Node):
    """`64` or `*row` (name is None), or `stride=2`; `span` covers the whole of it."""

    name: str | None
    name_span: Span | None
    value: Expr | Spread


class Call(Node):
    """`conv(64, 7x7)`, `range(n)`, `mobilenet_v2.macs(H=224)`."""

    callee: Expr
    arguments: tuple[Argument, ...]


class Unary(Node):
    """`-x`, `not x`. `operator` is the text of it."""

    operator: str
    operand: Expr


class Binary(Node):
    """`+ - * / // % **`."""

    operator: str
    left: Expr
    right: Expr


class Compare(Node):
    """`a < b <= c`: one operand more than operators (`== != < <= > >= in`)."""

    operators: tuple[str, ...]
    operands: tuple[Expr, ...]


class Logical(Node):
    """`and`, `or`: the right side is evaluated only when needed."""

    operator: str
    left: Expr
    right: Expr


class Conditional(Node):
    """`then if condition else otherwise`."""

    condition: Expr
    then: Expr
    otherwise: Expr


Expr: TypeAlias = (
    Number | String | Boolean | Dims | Name | In | Here | ListExpr | TupleExpr | Comprehension
    | RangeExpr | Attribute | Index | Slice | Call | Unary | Binary | Compare | Logical
    | Conditional
)  # fmt: skip
Target: TypeAlias = Name | Targets


def names_in(targets: tuple[Target, ...]) -> Iterator[Name]:
    """The names that a `for` gives to the parts of an item, in order."""
    for target in targets:
        if isinstance(target, Targets):
            yield from names_in(target.items)
        else:
            yield target
