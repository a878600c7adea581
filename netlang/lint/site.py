"""What a rule sees of one step of a net, and of the file that is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, final

from netlang.diagnostics.diagnostic import ChainLink
from netlang.ir.op import Op
from netlang.ir.program import Function, Node
from netlang.ir.types import Types
from netlang.lint.layouts import AxisLayout
from netlang.lint.steps import StepsInText
from netlang.records import Record
from netlang.source import Span

if TYPE_CHECKING:
    from netlang.modules.library import Module

__all__ = ["About", "Site"]


@final
class About(Record):
    """A net of the file that is checked; `defaults` are the sizes of its inputs."""

    module: Module
    net: Function
    defaults: Mapping[str, int]
    steps: StepsInText


@final
class Site(Record):
    """One application of an operator: its inputs with their layouts, and what led there."""

    about: About
    function: Function
    node: Node
    op: Op
    layouts: tuple[AxisLayout, ...]
    chain: tuple[ChainLink, ...]

    @property
    def inputs(self) -> Types:
        """The types that it reads."""
        return self.function.input_types(self.node)

    def written(self, name: str) -> Span | None:
        """Where an argument is written, if it is in the step itself."""
        span = self.node.written.get(name)
        own = self.node.span
        if span is None or span.source is not own.source:
            return None
        return span if own.start <= span.start and span.end <= own.end else None

    def by_position(self, name: str) -> Span | None:
        """Where an argument is written in the step itself without its name."""
        span = self.written(name)
        if span is None:
            return None
        before = span.source.text[self.node.span.start : span.start].rstrip()
        return None if before.endswith("=") else span
