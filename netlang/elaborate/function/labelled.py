"""What labels stand for in the function under construction."""

from __future__ import annotations

from typing import TypeAlias

from netlang.evaluate.values import Layer
from netlang.ir.op import Op
from netlang.ir.program import Function, Ref
from netlang.records import Record
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["CurrentValue", "GoneOn", "LabelPath", "Labelled"]

# The current value: one ref, several, none at all, or None after an error that was reported.
CurrentValue: TypeAlias = tuple[Ref, ...] | None
LabelPath: TypeAlias = tuple[str, ...]


class Labelled(Record, gc=False):
    """What a label stands for: its value and, for an instance with weights, the layer.

    `outputs` are the names of the outputs of a block.
    """

    flow: CurrentValue
    span: Span
    what: str
    path: LabelPath
    layer: Layer | None = None
    callee: Op | Function | None = None
    outputs: tuple[str, ...] = ()

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of the outputs, if there are several."""
        if len(self.flow or ()) < 2:
            return ()
        return self.callee.output_names if isinstance(self.callee, Op) else self.outputs

    def output(self, name: str) -> Labelled | None:
        """An output of a block by its number, or by its name."""
        if self.flow is None or len(self.flow) != len(self.outputs):
            return None
        numbers = [str(number) for number in range(len(self.outputs))]
        for names in (self.outputs, numbers):
            if name in names:
                ref = self.flow[names.index(name)]
                return Labelled((ref,), self.span, "an output", (*self.path, name))
        return None


class GoneOn(Record, gc=False):
    """A labelled step that is followed by a step without a label, and the end of its path."""

    path: ast.Path
    index: int
    end: CurrentValue
