"""One step at work: how it is called and what it reads, then what is to become a node of it."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.elaborate.function.builder import CurrentValue, LabelPath
from netlang.evaluate.values import Layer
from netlang.ir.op import Op
from netlang.ir.program import NO_ARGUMENTS, Function, Node, Ref
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

    `written` says where the arguments stand; the layer of a step whose arguments are literals has
    them there alone. `span` is the step, `name` what it applies and `label` its label, or what
    stands for them.
    `owner` is the path of the step that the weights belong to, if that is another one; `shared`
    says that the operator is that of all steps that are written alike.
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
            arguments=arguments or NO_ARGUMENTS,
            written=self.written,
        )
