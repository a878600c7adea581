"""One step under elaboration: its label and inputs, then what will become a node."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.elaborate.function.builder import CurrentValue, LabelPath
from netlang.evaluate.values import Layer
from netlang.ir.op import Op
from netlang.ir.program import NO_ARGUMENTS, Function, Node, Ref, Tie
from netlang.ir.types import Types
from netlang.records import Record
from netlang.source import Span

__all__ = ["Application", "StepContext", "TapName"]


class StepContext(Record, gc=False):
    """What a step gets from its place: its label, if any, and the current value.

    `span` is where errors about the label point: to the step itself if it has none.
    """

    label: LabelPath | None
    span: Span
    flow: CurrentValue


class TapName(Record, gc=False):
    """The name of an output, which labels the only step of its path if that has no label."""

    name: str
    span: Span


class Application(Record, gc=False):
    """A layer with all arguments, applied to values: `path` is its place in the function.

    `written` says where the arguments are written; for a step whose arguments are literals, only
    `written` has them. `span` is the step, `name` what it applies and `label` its label, or their
    substitutes. `owner` is the path of the step that owns the weights, if that is another one;
    `shared` says that equally written steps share the operator, `tied` whose weights it has.
    """

    layer: Layer
    written: Mapping[str, Span]
    path: LabelPath
    inputs: tuple[Ref, ...]
    span: Span
    name: Span
    label: Span
    owner: LabelPath | None = None
    shared: bool = False
    tied: tuple[Tie, ...] = ()

    def node(
        self, callee: Op | Function, types: Types, arguments: Mapping[str, object] | None = None
    ) -> Node:
        """The node for it. `arguments` are those of a function, in the caller's terms."""
        path = ".".join(self.path)
        return Node(
            path,
            callee,
            self.inputs,
            types,
            self.span,
            path if self.owner is None else ".".join(self.owner),
            arguments=arguments or NO_ARGUMENTS,
            written=self.written,
            tied=self.tied,
        )
