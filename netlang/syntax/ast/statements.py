"""The contents of a block's or net's body: labels, steps, statements.

`netlang.syntax.ast` exports these together with all other nodes; import them from there.
"""

from __future__ import annotations

from typing import TypeAlias

from netlang.source import Span
from netlang.syntax.ast.expressions import Argument, Expr, Here, In, Node, String, Target

__all__ = [
    "Action", "Apply", "Assert", "Auxiliary", "Constant", "For", "FunctionDef", "If", "Input",
    "Label", "LabelPart", "Output", "Parameter", "Path", "Port", "Reference", "Repeat", "Reuse",
    "Scope", "SizeDecl", "Statement", "Step", "Suite", "Tuple", "TypeSpec", "Unread",
]  # fmt: skip


# --- labels and steps --------------------------------------------------------------------------


class LabelPart(Node):
    """One piece of a label between dots: literal texts and computed parts side by side.

    `layer{i + 1}` is `("layer", <i + 1>)`; `"block1-{j}"` is the same, quoted.
    """

    pieces: tuple[str | Expr, ...]
    quoted: bool


class Label(Node):
    """A dotted path: `inner_blocks.{i}.0`."""

    parts: tuple[LabelPart, ...]

    @property
    def first_words(self) -> tuple[str, ...]:
        """The literal texts of its first part."""
        return tuple([piece for piece in self.parts[0].pieces if isinstance(piece, str)])


class Reference(Node):
    """A place that can only be a labelled value: `down{i}`, `layer1.0`, `code.mean`, `"b-1"`, `in`.

    A bare identifier in step position is parsed as `Apply` without arguments; elaboration decides
    whether it is a label or an operator.
    """

    label: Label


class Apply(Node):
    """`conv(64, 7x7)`, `relu`, `add { a; b }`, `residual(3) { conv }`, `in`.

    `arguments` is None without parentheses, `body` is None without braces.
    """

    name: str
    name_span: Span
    arguments: tuple[Argument, ...] | None
    body: Suite | None

    @property
    def is_bare(self) -> bool:
        """Whether it is a name alone, which may be a label."""
        return self.arguments is None and self.body is None


class Scope(Node):
    """`{ ... }` as a step."""

    body: Suite


class Tuple(Node):
    """`(down3, up3)` as a step: labelled values (or `in` and `here`) side by side."""

    items: tuple[Reference | In | Here, ...]


class Reuse(Node):
    """`reuse head`."""

    label: Label


Action: TypeAlias = Apply | Scope | Tuple | Reuse | Reference | In | Here


class Step(Node):
    """`conv1: conv(64, 7x7)`: an action with or without a label."""

    label: Label | None
    action: Action


# --- statements --------------------------------------------------------------------------------


class Path(Node):
    """`conv1: conv(64) -> bn -> relu`: one or more steps."""

    steps: tuple[Step, ...]

    def followers(self) -> list[Step | None]:
        """For each step the next one without a label: the step's label names a part of the path.

        None for those that only steps with labels follow, or none.
        """
        found: list[Step | None] = []
        after: Step | None = None
        for step in reversed(self.steps):
            found.append(after)
            after = step if step.label is None else after
        return found[::-1]


class Port(Node):
    """An input or output, whose name may be computed: `x{i}`."""

    port: LabelPart

    @property
    def name(self) -> str:
        """The name as it is written."""
        return self.port.span.text

    @property
    def name_span(self) -> Span:
        return self.port.span

    @property
    def is_computed(self) -> bool:
        """Whether the name has computed parts."""
        return not all(isinstance(piece, str) for piece in self.port.pieces)

    def may_be(self, name: str) -> bool:
        """Whether the name could come out like this, whatever is computed."""
        if not self.is_computed:
            return name == self.name
        pieces, place = self.port.pieces, 0
        for piece in pieces:
            if isinstance(piece, str):
                found = name.find(piece, place)
                if found < 0:
                    return False
                place = found + len(piece)
        begins = not isinstance(pieces[0], str) or name.startswith(pieces[0])
        return begins and (not isinstance(pieces[-1], str) or name.endswith(pieces[-1]))


class Output(Port):
    """`output mask: conv(2, 1x1)`; `output mask` alone (no path) taps the current value."""

    path: Path | None


class Auxiliary(Port):
    """`auxiliary aux1: classifier(10)`."""

    path: Path | None


class SizeDecl(Node):
    """One size of an input: `224` (name None), `H=224`, or `H` (default None)."""

    name: str | None
    default: Expr | None


class TypeSpec(Node):
    """`[3, H=224, W=224]` or `int64[128]`; `dtype` is None if it wasn't written."""

    dtype: str | None
    dtype_span: Span | None
    sizes: tuple[SizeDecl, ...]


class Input(Port):
    """`input image: [3, 224, 224]` in a net, `input skip` (type None) in a block."""

    type: TypeSpec | None


class Constant(Node):
    """`name = expr`, in a file or a body."""

    name: str
    name_span: Span
    value: Expr


class Parameter(Node):
    """`stride=1` of a block, net, recipe or function; `default` is None if it is required."""

    name: str
    name_span: Span
    default: Expr | None


class FunctionDef(Node):
    """`halved(x) = max(8, x // 2)`, in a file or a body."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    value: Expr


class If(Node):
    """`otherwise` is None without `else`; `else if` is a suite with a single `If`."""

    condition: Expr
    then: Suite
    otherwise: Suite | None


class For(Node):
    """`for i, (k, out) in enumerate(rows) { ... }`."""

    targets: tuple[Target, ...]
    iterable: Expr
    body: Suite


class Repeat(Node):
    count: Expr
    body: Suite


class Assert(Node):
    """`assert condition` with an optional `, "message"`; in a body or at file level."""

    condition: Expr
    message: String | None


class Unread(Node):
    """Text that contains a mistake, which was reported; nothing is known of the text.

    `words` are all words in it, with the brace of a computed name (`layer{`); what they name, or
    would have defined, is unknown. As the first statement of a body, `whole` says that too little
    of the definition is known to build it.
    """

    words: tuple[str, ...]
    whole: bool = False


Statement: TypeAlias = (
    Path | Output | Auxiliary | Input | Constant | FunctionDef | If | For | Repeat | Assert | Unread
)


class Suite(Node):
    """`{ ... }` and the statements in it; the span includes the braces."""

    statements: tuple[Statement, ...]
