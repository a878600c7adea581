"""The syntax tree of a `.net` file: one frozen class per construct, every node with its span.

Built by `netlang.syntax.parser`, read by `netlang.elaborate` and `netlang.syntax.format`. Names
aren't resolved and nothing is evaluated here: `relu` may be an operator, a block, a constant or a
label, which only elaboration knows.
"""

from __future__ import annotations

from typing import TypeAlias

from netlang.source import Span
from netlang.syntax.ast.expressions import (
    Argument,
    Attribute,
    Binary,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Dims,
    Expr,
    ForClause,
    Here,
    In,
    Index,
    ListExpr,
    Logical,
    Name,
    Node,
    Number,
    RangeExpr,
    Slice,
    Spread,
    String,
    Target,
    Targets,
    TupleExpr,
    Unary,
    names_in,
)
from netlang.syntax.ast.statements import (
    Action,
    Apply,
    Assert,
    Auxiliary,
    Constant,
    For,
    FunctionDef,
    If,
    Input,
    Label,
    LabelPart,
    Output,
    Parameter,
    Path,
    Port,
    Reference,
    Repeat,
    Reuse,
    Scope,
    SizeDecl,
    Statement,
    Step,
    Suite,
    Tuple,
    TypeSpec,
    Unread,
)

__all__ = [
    "Action", "Apply", "Argument", "Assert", "Attribute", "Auxiliary", "Binary", "BlockDef",
    "Boolean", "Call", "Compare", "Comprehension", "Conditional", "Constant", "Dims", "Entry",
    "Expr", "File", "For", "ForClause", "FromImport", "FunctionDef", "Here", "If", "Import", "In",
    "Index", "Input", "Item", "Label", "LabelPart", "ListExpr", "Logical", "Name", "NetAlias",
    "NetDef", "Node", "Number", "Output", "Parameter", "Path", "Pipeline", "Port", "RangeExpr",
    "Reference", "Repeat", "Reuse", "Scope", "Section", "SizeDecl", "Slice", "Spread", "Statement",
    "Step", "String", "Suite", "Target", "Targets", "TrainDef", "Tuple", "TupleExpr", "TypeSpec",
    "Unary", "Unread", "is_known", "names_in",
]  # fmt: skip


class BlockDef(Node, gc=True, weakref=True):
    """`block name(params) { ... }`; an `inline` one has no level of its own in the net."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    doc: str | None
    body: Suite
    inline: bool = False


class NetDef(Node, gc=True, weakref=True):
    """`net name(params) { ... }`."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    doc: str | None
    body: Suite


def is_known(definition: BlockDef | NetDef) -> bool:
    """Whether a definition can be built: not if its heading or its braces have errors."""
    statements = definition.body.statements
    return not (statements and isinstance(statements[0], Unread) and statements[0].whole)


class NetAlias(Node):
    """`net resnet50 = resnet(bottleneck, [3, 4, 6, 3])`, optionally followed by a docstring."""

    name: str
    name_span: Span
    value: Expr
    doc: str | None


class Pipeline(Node):
    """`random_crop(224) -> hflip`: two or more expressions joined by `->`."""

    stages: tuple[Expr, ...]


class Entry(Node):
    """`optimizer: sgd(lr=0.1)` of a recipe."""

    key: str
    key_span: Span
    value: Expr | Pipeline


class Section(Node):
    """`step critic { key: value ... }` of a recipe, or `draw { ... }` without a name."""

    kind: str
    kind_span: Span
    name: str | None
    name_span: Span | None
    entries: tuple[Entry, ...]
    unread: tuple[Unread, ...] = ()


class TrainDef(Node):
    """`train name(params) { key: value ... }`, with sections among the entries."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    doc: str | None
    entries: tuple[Entry, ...]
    unread: tuple[Unread, ...] = ()
    sections: tuple[Section, ...] = ()


class Import(Node):
    """One imported name: `resnet` or `bn as norm`."""

    name: str
    alias: str | None


class FromImport(Node):
    """`from blocks.residual import basic, bottleneck`."""

    module: tuple[str, ...]
    module_span: Span
    names: tuple[Import, ...]


Item: TypeAlias = (
    FromImport | Constant | FunctionDef | BlockDef | NetDef | NetAlias | TrainDef | Assert
)


class File(Node):
    doc: str | None
    items: tuple[Item, ...]
    unread: tuple[Unread, ...] = ()
