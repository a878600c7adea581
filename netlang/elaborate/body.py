"""One suite under elaboration: what its statements see, and how to elaborate suites inside it.

A `Body` passes the current value from statement to statement. An `Elaborator`, which every handler
reaches through its body, knows what each kind of statement does.

After an error that was reported, the current value is None: steps that read it are checked for
errors of their own, but make nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.function.block_state import BlockState
from netlang.elaborate.function.builder import CurrentValue, FunctionBuilder, Labelled, LabelPath
from netlang.elaborate.session import Abort, ElaborationSession
from netlang.evaluate.environment import Environment
from netlang.evaluate.expressions import Evaluator
from netlang.evaluate.labels import no_current_value
from netlang.evaluate.origins.pins import Pins
from netlang.evaluate.values import Namespace
from netlang.ir.constraints import Constraint
from netlang.ir.program import Condition, Ref
from netlang.ir.types import TensorType
from netlang.records import Draft, Record
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["Body", "Elaborator", "LabelledValues"]


class Elaborator(ABC):
    """What each kind of statement and step does to its body.

    There is one per program, whose bodies share its `session`.
    """

    def __init__(self, session: ElaborationSession) -> None:
        self.session = session

    @abstractmethod
    def statement(self, body: Body, statement: ast.Statement) -> None:
        """Elaborate one statement. Raises `NetlangError`."""

    @abstractmethod
    def path(self, body: Body, path: ast.Path, flow: CurrentValue) -> CurrentValue:
        """Elaborate the steps of a path in turn, from `flow`; their errors are reported."""


_WITHOUT_LABELS = ast.Path | ast.Constant | ast.FunctionDef | ast.Assert | ast.Unread
"""Statements whose failure leaves no label unknown, or which see to that themselves."""


class LabelledValues(Record):
    """The labelled values that can be read in one scope of a function."""

    builder: FunctionBuilder
    block: BlockState
    module: Namespace
    scope: LabelPath = ()

    def tensor(self, span: Span, *parts: str) -> TensorType | None:
        """The type of a labelled value that is read at `span`, if it is a single one."""
        found = self.find(parts)
        if found is not None and found.flow is None:
            raise NetlangError  # the step failed, which has been reported
        if found is None or found.flow is None or len(found.flow) != 1:
            return None
        type_ = self.builder.type_of(found.flow[0])
        gone_on = self.builder.gone_on.get(found.path)
        end = None if gone_on is None else gone_on.end
        if end is not None and [self.builder.type_of(ref) for ref in end] != [type_]:
            self.refuse_part(found, span)
        return type_

    def count(self, *parts: str) -> int | None:
        """How many values a label stands for, if it is that of a block or of several values."""
        found = self.find(parts)
        if found is None:
            return None
        if found.flow is None:
            raise NetlangError  # the step failed, which has been reported
        return len(found.flow) if found.outputs or len(found.flow) != 1 else None

    def refuse_part(self, found: Labelled, span: Span, *, again: bool = False) -> None:
        """Raises where a label is read at `span` whose own path went on: it names a part of it.

        `again` says that it is read by `reuse`. A label is refused where it is first read.
        """
        gone_on = self.builder.gone_on.get(found.path)
        if gone_on is None or found.flow is None:
            return
        step = gone_on.path.steps[gone_on.index]
        if step in self.builder.refused_parts:
            return
        self.builder.refused_parts.add(step)
        from netlang.advice.meaning.labels import label_of_part  # only here: an error

        path, index, file = gone_on.path, gone_on.index, self.module.file
        raise NetlangError(label_of_part(span, path, index, file, again=again))

    def input_type(self, span: Span) -> TensorType:
        """The type of `in`."""
        return self.builder.type_of(self.entry(span))

    def current_type(self, span: Span) -> TensorType:
        """The type of `here`."""
        refs = self.current(span)
        if len(refs) > 1:
            raise NetlangError(language.SeveralCurrent(span=span, count=len(refs)))
        return self.builder.type_of(refs[0])

    def current(self, span: Span) -> tuple[Ref, ...]:
        """The current value, or values, where the statement or step at `span` begins."""
        flow = self.builder.current
        if flow is None:
            raise NetlangError  # the step before failed, which has been reported
        if not flow:
            raise no_current_value(span, "no step and no input stands before it")
        return flow

    def label_names(self) -> Iterator[str]:
        """The labels, as they would be written here."""
        return self.builder.visible(self.scope, self.block.root)

    def find(self, parts: LabelPath) -> Labelled | None:
        """What a label stands for when read here."""
        return self.builder.find(self.scope, parts, self.block.root)

    def entry(self, span: Span) -> Ref:
        """The value of `in`; an error if the inputs have names of their own."""
        entry = self.block.entry
        if entry is None:
            raise NetlangError  # the step that made it failed, which has been reported
        if self.block.declared or len(entry) != 1:
            why = "the inputs have names of their own here"
            advice, fix = "use the input's name", None
            inputs = self.builder.inputs
            if len(inputs) == 1 and self.block.declared and self.block.closure is None:
                advice, fix = fixes.value_before(self.module.file, span, inputs[0].name)
            raise NetlangError(language.NotAValue(span=span, why=why, advice=advice, fix=fix))
        self.builder.label_reads.add(entry[0])
        return entry[0]


class Body(Draft):
    """One suite under elaboration; `flow` is the current value.

    `session` is what all bodies of the program share, `builder` the function under construction,
    `block` the net or block that the suite is part of, `module` the file that it is written in and
    `scope` the labels of the scopes around, outermost first: each step reads them several times.
    """

    elaborator: Elaborator
    evaluator: Evaluator
    values: LabelledValues
    flow: CurrentValue
    session: ElaborationSession
    builder: FunctionBuilder
    block: BlockState
    module: Namespace
    scope: LabelPath
    # What the conditions and loops around decide on, outermost first.
    decisions: tuple[ast.Expr, ...] = ()

    @classmethod
    def begin(
        cls,
        elaborator: Elaborator,
        names: Environment,
        values: LabelledValues,
        flow: CurrentValue = (),
        pins: Pins | None = None,
    ) -> Body:
        """The outermost suite of a net or block; `pins` are those of the function it is part of."""
        names.work = elaborator.session.work
        evaluator = Evaluator(names, values, Pins() if pins is None else pins)
        return cls._of(elaborator, evaluator, values, flow)

    @classmethod
    def _of(
        cls,
        elaborator: Elaborator,
        evaluator: Evaluator,
        values: LabelledValues,
        flow: CurrentValue,
        decisions: tuple[ast.Expr, ...] = (),
    ) -> Body:
        builder, block, module = values.builder, values.block, values.module
        return cls(
            elaborator, evaluator, values, flow, elaborator.session, builder, block, module,
            values.scope, decisions,
        )  # fmt: skip

    def find(self, parts: LabelPath) -> Labelled | None:
        """What a label stands for when read here."""
        return self.values.find(parts)

    def report_part(self, found: Labelled, span: Span, *, again: bool = False) -> None:
        """Report where a label is read that names a part of its path; what it names is known."""
        try:
            self.values.refuse_part(found, span, again=again)
        except NetlangError as error:
            self.session.report(error)

    def require(self, constraint: Constraint, span: Span, producer: int | None = None) -> None:
        """Record a condition on the input's sizes; `producer` is the node that needs it, if any."""
        condition = Condition(constraint, span, self.session.chain)
        self.builder.conditions.append((producer, condition))

    # --- suites -----------------------------------------------------------------------------

    def inner(
        self,
        scope: LabelPath | None = None,
        flow: CurrentValue = None,
        decision: ast.Expr | None = None,
    ) -> Body:
        """A suite inside this one, perhaps on a `decision`: new names, the same function."""
        values = self.values
        if scope is not None:
            values = LabelledValues(self.builder, self.block, self.module, scope)
        evaluator = self.evaluator.within(self.evaluator.names.inner(), values)
        decisions = self.decisions if decision is None else (*self.decisions, decision)
        return Body._of(self.elaborator, evaluator, values, flow, decisions)

    def run(self, suite: ast.Suite) -> CurrentValue:
        """Elaborate all statements in turn; returns the last value."""
        for statement in suite.statements:
            self.statement(statement)
        return self.flow

    def statement(self, statement: ast.Statement) -> None:
        """Elaborate one statement. Its errors are recorded, and the next statement follows."""
        self.session.tick(statement.span)
        self.builder.current = self.flow
        try:
            self.elaborator.statement(self, statement)
        except Abort:
            raise
        except NetlangError as error:
            self.session.report(error)
            self.flow = None
            self._mark_unknown(statement)

    def _mark_unknown(self, statement: ast.Statement) -> None:
        """Mark labels of a failed statement, so that reading them isn't a second error."""
        if isinstance(statement, ast.Input) and not statement.is_computed:
            path = (*self.scope, statement.name)
            labelled = Labelled(None, statement.name_span, "an input", path)
            self.builder.labels.setdefault(path, labelled)
        elif not isinstance(statement, _WITHOUT_LABELS):
            self.builder.incomplete = True
