"""One step at work: how it is called and what it reads, then what is to become a node of it."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.elaborate.function.builder import CurrentValue, LabelPath
from netlang.evaluate.binding import argument_spans
from netlang.evaluate.values import Layer
from netlang.ir.op import Op
from netlang.ir.program import Function, Node, Ref
from netlang.ir.types import Types
from netlang.records import Record
from netlang.source import Span

__all__ = ["Application", "StepContext"]


class StepContext(Record, gc=False):
    """What a step has from where it stands: its label, if any, and the current value.

    `span` is where errors point that concern the label: the step itself if it has none.
    """

    label: LabelPath | None
    span: Span
    flow: CurrentValue


class Application(Record, gc=False):
    """A layer with all arguments, applied to values: `path` is its place in the function.

    `span` is the step, `name` what it applies and `label` its label, or what stands for them.
    `owner` is the path of the step that the weights belong to, if that is another one.
    """

    layer: Layer
    path: LabelPath
    inputs: tuple[Ref, ...]
    span: Span
    name: Span
    label: Span
    owner: LabelPath | None = None

    def node(
        self, callee: Op | Function, types: Types, arguments: Mapping[str, object] | None = None
    ) -> Node:
        """The node that comes of it; `arguments` are those of a function, told by the caller."""
        path = ".".join(self.path)
        return Node(
            path,
            callee,
            self.inputs,
            types,
            self.span,
            path if self.owner is None else ".".join(self.owner),
            arguments=arguments or {},
            written=argument_spans(self.layer),
        )
