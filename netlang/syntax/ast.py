"""The syntax tree of a `.net` file: one frozen class per construct, every node with its span.

Built by `netlang.syntax.parser`; read by `netlang.elaborate` and `netlang.syntax.format`. Names are
not resolved and nothing is evaluated here: `relu` may be an operator, a block, a constant or a
label, and only elaboration knows which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from netlang.source import Span

__all__ = [
    "Apply", "Argument", "Assert", "Attribute", "Auxiliary", "Binary", "BlockDef", "Boolean",
    "Call", "Compare", "Conditional", "Constant", "Dims", "Entry", "Expr", "File", "For",
    "FromImport", "If", "Import", "In", "Index", "Input", "Item", "Label", "LabelPart",
    "ListExpr", "Logical", "Name", "NetAlias", "NetDef", "Node", "Number", "Output",
    "Parameter", "Path", "Pipeline", "RangeExpr", "Reference", "Repeat", "Reuse", "Scope",
    "Slice", "Statement", "Step", "Action", "String", "Suite", "Tuple", "TupleExpr", "TrainDef",
    "Unary", "TypeSpec", "SizeDecl",
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


# --- labels and steps --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class LabelPart(Node):
    """One piece of a label between dots: literal texts and computed parts side by side.

    `layer{i + 1}` is `("layer", <i + 1>)`; `"block1-{j}"` is the same, quoted.
    """

    pieces: tuple[str | Expr, ...]
    quoted: bool


@dataclass(frozen=True, slots=True, eq=False)
class Label(Node):
    """A dotted path: `inner_blocks.{i}.0`."""

    parts: tuple[LabelPart, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reference(Node):
    """A place that can only be a labelled value: `down{i}`, `layer1.0`, `code.mean`, `"b-1"`, `in`.

    A bare identifier in step position is parsed as `Apply` without arguments; whether it is a
    label or an operator is decided by elaboration.
    """

    label: Label


@dataclass(frozen=True, slots=True, eq=False)
class Apply(Node):
    """`conv(64, 7x7)`, `relu`, `add { a; b }`, `residual(3) { conv }`, `in`.

    `arguments` is None where no parentheses were written; `body` is None where no braces were.
    """

    name: str
    name_span: Span
    arguments: tuple[Argument, ...] | None
    body: Suite | None


@dataclass(frozen=True, slots=True, eq=False)
class Scope(Node):
    """`{ ... }` as a step."""

    body: Suite


@dataclass(frozen=True, slots=True, eq=False)
class Tuple(Node):
    """`(down3, up3)` as a step: labelled values (or `in`) side by side."""

    items: tuple[Reference | In, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reuse(Node):
    """`reuse head`."""

    label: Label


Action: TypeAlias = Apply | Scope | Tuple | Reuse | Reference | In


@dataclass(frozen=True, slots=True, eq=False)
class Step(Node):
    """`conv1: conv(64, 7x7)`: an action with or without a label."""

    label: Label | None
    action: Action


# --- statements --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Path(Node):
    """`conv1: conv(64) -> bn -> relu`: one or more steps."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Output(Node):
    """`output mask: conv(2, 1x1)`; `output mask` alone (no path) taps the current value."""

    name: str
    name_span: Span
    path: Path | None


@dataclass(frozen=True, slots=True, eq=False)
class Auxiliary(Node):
    """`auxiliary aux1: classifier(10)`."""

    name: str
    name_span: Span
    path: Path | None


@dataclass(frozen=True, slots=True, eq=False)
class SizeDecl(Node):
    """One size of an input: `224` (name None), `H=224`, or `H` (default None)."""

    name: str | None
    default: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class TypeSpec(Node):
    """`[3, H=224, W=224]` or `int64[128]`; `dtype` is None where none was written."""

    dtype: str | None
    dtype_span: Span | None
    sizes: tuple[SizeDecl, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Input(Node):
    """`input image: [3, 224, 224]` in a net, `input skip` (type None) in a block."""

    name: str
    name_span: Span
    type: TypeSpec | None


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Node):
    """`name = expr`, in a file or a body."""

    name: str
    name_span: Span
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class If(Node):
    """`otherwise` is None without `else`; `else if` nests: a suite that holds one `If`."""

    condition: Expr
    then: Suite
    otherwise: Suite | None


@dataclass(frozen=True, slots=True, eq=False)
class For(Node):
    """`for i, depth in enumerate(depths) { ... }`."""

    targets: tuple[Name, ...]
    iterable: Expr
    body: Suite


@dataclass(frozen=True, slots=True, eq=False)
class Repeat(Node):
    count: Expr
    body: Suite


@dataclass(frozen=True, slots=True, eq=False)
class Assert(Node):
    """`assert condition` with an optional `, "message"`; in a body or at file level."""

    condition: Expr
    message: String | None


Statement: TypeAlias = Path | Output | Auxiliary | Input | Constant | If | For | Repeat | Assert


@dataclass(frozen=True, slots=True, eq=False)
class Suite(Node):
    """`{ ... }` and the statements in it; the span includes the braces."""

    statements: tuple[Statement, ...]


# --- files -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Node):
    """`stride=1` of a block, net or recipe; `default` is None where the caller must give it."""

    name: str
    name_span: Span
    default: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class BlockDef(Node):
    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    doc: str | None
    body: Suite


@dataclass(frozen=True, slots=True, eq=False)
class NetDef(Node):
    """`net name(params) { ... }`."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    doc: str | None
    body: Suite


@dataclass(frozen=True, slots=True, eq=False)
class NetAlias(Node):
    """`net resnet50 = resnet(bottleneck, [3, 4, 6, 3])`, with an optional docstring after it."""

    name: str
    name_span: Span
    value: Expr
    doc: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline(Node):
    """`random_crop(224) -> hflip`: two or more expressions joined by `->`."""

    stages: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Node):
    """`optimizer: sgd(lr=0.1)` of a recipe."""

    key: str
    key_span: Span
    value: Expr | Pipeline


@dataclass(frozen=True, slots=True, eq=False)
class TrainDef(Node):
    """`train name(params) { key: value ... }`."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    doc: str | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Import(Node):
    """One imported name: `resnet` or `bn as norm`."""

    name: str
    alias: str | None


@dataclass(frozen=True, slots=True, eq=False)
class FromImport(Node):
    """`from blocks.residual import basic, bottleneck`."""

    module: tuple[str, ...]
    module_span: Span
    names: tuple[Import, ...]


Item: TypeAlias = FromImport | Constant | BlockDef | NetDef | NetAlias | TrainDef | Assert


@dataclass(frozen=True, slots=True, eq=False)
class File(Node):
    doc: str | None
    items: tuple[Item, ...]
