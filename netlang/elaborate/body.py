"""Bodies: statements to nodes.

A `Body` is one suite at work: it carries the current value from statement to statement. What each
statement does is told in `statements`, a step in `steps`, what it applies in `apply`; names and
numbers are the builder's.

After an error that was reported the current value is None: steps that read it are looked at for
errors of their own, but make nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.names import NotAValue
from netlang.elaborate import steps
from netlang.elaborate.builder import Flow, FunctionBuilder, Labelled, Path
from netlang.elaborate.context import Abort, Shared
from netlang.elaborate.expressions import Evaluator
from netlang.elaborate.fix_inputs import value_before
from netlang.elaborate.frame import Frame
from netlang.elaborate.statements import STATEMENTS
from netlang.ir.constraints import Constraint
from netlang.ir.program import Condition, Ref
from netlang.ir.types import TensorType
from netlang.source import Span
from netlang.syntax import ast

if TYPE_CHECKING:
    from netlang.elaborate.modules import Module

__all__ = ["Body"]


@dataclass(slots=True)
class Body:
    """One suite at work."""

    shared: Shared
    builder: FunctionBuilder
    frame: Frame
    evaluator: Evaluator
    module: Module
    scope: Path = ()
    flow: Flow = ()

    # --- what expressions see ---------------------------------------------------------------

    def tensor(self, *parts: str) -> TensorType | None:
        """The type of a labelled value (for `netlang.elaborate.expressions`)."""
        found = self.find(parts)
        if found is not None and found.flow is None:
            raise NetlangError  # the step failed, which has been reported
        if found is None or found.flow is None or len(found.flow) != 1:
            return None
        return self.builder.type_of(found.flow[0])

    def input_type(self, span: Span) -> TensorType:
        """The type of `in`."""
        return self.builder.type_of(self.entry(span))

    def label_names(self) -> Iterator[str]:
        return self.builder.visible(self.scope, self.frame.root)

    def find(self, parts: Path) -> Labelled | None:
        """What a label read here stands for."""
        return self.builder.find(self.scope, parts, self.frame.root)

    def names_of_file(self) -> Iterator[str]:
        return self.module.names()

    def entry(self, span: Span) -> Ref:
        """The value of `in`; an error where the inputs have names of their own."""
        entry = self.frame.entry
        if self.frame.declared or entry is None or len(entry) != 1:
            why = "the inputs have names of their own here"
            advice, fix = "use the input's name", None
            inputs = self.builder.inputs
            if len(inputs) == 1 and self.frame.declared and self.frame.closure is None:
                advice, fix = value_before(self.module.file, span, inputs[0].name)
            raise NetlangError(NotAValue(span=span, why=why, advice=advice, fix=fix))
        self.builder.label_reads.add(entry[0])
        return entry[0]

    def require(self, constraint: Constraint, span: Span, producer: int | None = None) -> None:
        """Keep a condition on the input's sizes; `producer` is the node that needs it, if one."""
        condition = Condition(constraint, span, self.shared.chain)
        self.builder.conditions.append((producer, condition))

    # --- suites -----------------------------------------------------------------------------

    def inner(self, scope: Path | None = None, flow: Flow = None) -> Body:
        """A suite inside this one: new names, the same function."""
        body = replace(self, scope=self.scope if scope is None else scope, flow=flow)
        evaluator = self.evaluator.within(self.evaluator.names.inner())
        evaluator.labels = body
        body.evaluator = evaluator
        return body

    def run(self, suite: ast.Suite) -> Flow:
        """All statements in turn; what the last one makes."""
        for statement in suite.statements:
            self.statement(statement)
        return self.flow

    def path(self, path: ast.Path, flow: Flow) -> Flow:
        """The steps of a path in turn, from `flow`."""
        return steps.path(self, path, flow)

    def statement(self, statement: ast.Statement) -> None:
        """One statement; its errors are kept and the next one goes on."""
        self.shared.tick(statement.span)
        try:
            STATEMENTS[type(statement)](self, statement)
        except Abort:
            raise
        except NetlangError as error:
            self.shared.report(error)
            self.flow = None
            self._unknown_behind(statement)

    def _unknown_behind(self, statement: ast.Statement) -> None:
        """What a failed statement would have labelled is no second error where it is read."""
        if isinstance(statement, ast.Input):
            path = (*self.scope, statement.name)
            labelled = Labelled(None, statement.name_span, "an input", path)
            self.builder.labels.setdefault(path, labelled)
        elif not isinstance(statement, ast.Path | ast.Constant | ast.Assert | ast.Unread):
            self.builder.incomplete = True
