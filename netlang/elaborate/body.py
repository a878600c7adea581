"""Bodies: statements to nodes.

A `Body` walks the statements of one suite and carries the current value from step to step. What a
step applies is `netlang.elaborate.apply`'s business; names and numbers are the builder's.

After an error that was reported the current value is None: steps that read it are looked at for
errors of their own, but make nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from netlang.diagnostics.core import Label, NetlangError
from netlang.diagnostics.names import AmbiguousLabel, AssignedTwice, NotAValue, UnknownLabel
from netlang.diagnostics.structure import (
    AssertFailed,
    BadLabelText,
    BodyTwice,
    DuplicateOutput,
    MisplacedStatement,
    NothingToApply,
)
from netlang.diagnostics.values import BadCount, BadIterable, BadTargets
from netlang.elaborate import apply
from netlang.elaborate.builder import Flow, FunctionBuilder, Labelled, Path
from netlang.elaborate.context import Abort, Shared
from netlang.elaborate.expressions import Evaluator
from netlang.elaborate.fix_bodies import glued_body, with_body
from netlang.elaborate.fix_names import new_label, numbered, renamed
from netlang.elaborate.fix_values import counted, more_targets
from netlang.elaborate.fixes import inserted, replaced
from netlang.elaborate.inputs import declare
from netlang.elaborate.repeats import repeat
from netlang.elaborate.suggest import replacement
from netlang.elaborate.values import Broken, Layer, Undecided, Value, describe, kind_of
from netlang.ir.program import Output, Ref
from netlang.ir.types import TensorType, Types
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast

if TYPE_CHECKING:
    from netlang.elaborate.modules import Module

__all__ = ["Body", "Frame"]


@dataclass(slots=True)
class Frame:
    """What the statements of one block have in common: its inputs and the body it was given.

    `given` are the types that a call brings (None for the net itself), `declared` how many `input`
    lines have been read, `entry` the value of `in`. Labels outside of `root` are not its own.
    """

    name: str
    is_net: bool
    entry: Flow
    given: Types | None
    declared: int = 0
    closure: Callable[[Flow, Span], Flow] | None = None
    applied: bool = False
    started: bool = False
    doc: str | None = None
    root: Path = ()

    @property
    def shown(self) -> str:
        """What the frame is, in words."""
        return f"{'net' if self.is_net else 'block'} `{self.name}`"


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

    def tensor(self, name: str) -> TensorType | None:
        """The type of a labelled value (for `netlang.elaborate.expressions`)."""
        found = self.find((name,))
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
                fix = replaced(span, inputs[0].name)
            raise NetlangError(NotAValue(span=span, why=why, advice=advice, fix=fix))
        self.builder.label_reads.add(entry[0])
        return entry[0]

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

    def statement(self, statement: ast.Statement) -> None:
        """One statement; its errors are kept and the next one goes on."""
        self.shared.tick(statement.span)
        try:
            _STATEMENTS[type(statement)](self, statement)
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
        elif not isinstance(statement, ast.Path | ast.Constant | ast.Assert):
            self.builder.incomplete = True

    def _path(self, path: ast.Path) -> None:
        self.flow = self.path(path, self.flow)

    def _output(self, tap: ast.Output | ast.Auxiliary) -> None:
        if any(output.name == tap.name for output in self.builder.outputs):
            fix = new_label(tap.name_span, (output.name for output in self.builder.outputs))
            raise NetlangError(DuplicateOutput(span=tap.name_span, name=tap.name, fix=fix))
        flow = self.flow
        if tap.path is not None:
            flow = self.path(tap.path, flow, tap=tap)
        auxiliary = isinstance(tap, ast.Auxiliary)
        if flow is None:
            self.builder.outputs.append(Output(tap.name, Ref(-2), auxiliary))
            return
        ref = apply.single(self, flow, tap.span, f"output `{tap.name}`")
        self.builder.outputs.append(Output(tap.name, ref, auxiliary))

    def _input(self, declaration: ast.Input) -> None:
        self.flow = declare(self, declaration)

    def _constant(self, constant: ast.Constant) -> None:
        names = self.evaluator.names
        self._once(constant.name, constant.name_span)
        value: Value = Broken()
        try:
            value = self.evaluator.value(constant.value)
        except NetlangError as error:
            self.shared.report(error)
        names.assign(constant.name, value, constant.name_span)

    def _once(self, name: str, span: Span, scope: ast.Node | None = None) -> None:
        """Refuse a name that has been assigned; `scope` is where it would be visible."""
        before = self.evaluator.names.assigned(name)
        if before is not None:
            raise NetlangError(
                AssignedTwice(
                    span=span,
                    name=name,
                    notes=(Label(before, "the first time"),),
                    fix=renamed(self.module.file, name, span, scope),
                )
            )

    def _if(self, statement: ast.If) -> None:
        chosen = statement.then
        if not self.evaluator.truth(statement.condition):
            if statement.otherwise is None:
                return
            chosen = statement.otherwise
        self.flow = self.inner(flow=self.flow).run(chosen)

    def _for(self, statement: ast.For) -> None:
        for body in self.iterations(statement):
            body.flow = self.flow
            self.flow = body.run(statement.body)

    def _repeat(self, statement: ast.Repeat) -> None:
        self.flow = repeat(self, statement, self.count(statement))

    def _assert(self, statement: ast.Assert) -> None:
        outcome = self.evaluator.judgement(statement.condition)
        if isinstance(outcome, Undecided):
            for constraint in outcome.constraints:
                self.shared.require(constraint, statement.condition.span)
        elif not outcome:
            text = statement.message.value if statement.message else ""
            raise NetlangError(
                AssertFailed(
                    span=statement.condition.span,
                    statement=text
                    or f"the assertion doesn't hold: {statement.condition.span.text}",
                    found=self._operands(statement.condition),
                    advice="give the block other arguments, or change what it asserts",
                )
            )

    def _operands(self, condition: ast.Expr) -> str:
        """The values of a comparison that failed."""
        if not isinstance(condition, ast.Compare):
            return "this is false"
        values = [
            f"{operand.span.text} is {describe(self.evaluator.value(operand))}"
            for operand in condition.operands
            if not isinstance(operand, ast.Number)
        ]
        return ", ".join(values) or "this is false"

    # --- loops ------------------------------------------------------------------------------

    def iterations(self, statement: ast.For) -> Iterator[Body]:
        """One inner body for each item, its names bound; the flow is the caller's business."""
        items = self.evaluator.value(statement.iterable)
        if not isinstance(items, tuple):
            actual = f"{describe(items)}, {kind_of(items)}"
            span = statement.iterable.span
            raise NetlangError(BadIterable(span=span, actual=actual, fix=counted(span, items)))
        with self.shared.loop(len(items), statement.iterable.span):
            for item in items:
                body = self.inner()
                body.bind(statement, item)
                yield body

    def bind(self, statement: ast.For, item: Value) -> None:
        """The names of a `for`, for one item."""
        targets = statement.targets
        values = (item,) if len(targets) == 1 else item
        if not isinstance(values, tuple) or len(values) != len(targets):
            count = len(values) if isinstance(values, tuple) else 1
            raise NetlangError(
                BadTargets(
                    span=targets[0].span.to(targets[-1].span),
                    targets=len(targets),
                    values=count,
                    item=describe(item),
                    fix=more_targets(targets, count),
                )
            )
        for target, value in zip(targets, values, strict=True):
            self._once(target.name, target.span, statement)
            self.evaluator.names.assign(target.name, value, target.span)

    def count(self, statement: ast.Repeat) -> int:
        """How often a `repeat` repeats."""
        count = self.evaluator.decided(statement.count)
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            actual = f"{describe(count)}, {kind_of(count)}"
            raise NetlangError(BadCount(span=statement.count.span, actual=actual))
        return count

    # --- paths and steps --------------------------------------------------------------------

    def path(
        self, path: ast.Path, flow: Flow, tap: ast.Output | ast.Auxiliary | None = None
    ) -> Flow:
        """The steps of a path in turn, from `flow`."""
        if len(path.steps) > 1 or path.steps[0].label is not None:
            tap = None
        for index, step in enumerate(path.steps):
            try:
                flow = self.step(step, flow, first=index == 0, tap=tap)
            except Abort:
                raise
            except NetlangError as error:
                self.shared.report(numbered(self.module.file, error))
                flow = None
                self._poison(step)
        return flow

    def _poison(self, step: ast.Step) -> None:
        """A step that failed still has its label, so that what reads it is no second error."""
        if step.label is None:
            return
        try:
            path = self.scope + self.parts(step.label)
        except NetlangError:
            return
        self.builder.labels.setdefault(path, Labelled(None, step.label.span, "a step", path))

    def step(
        self, step: ast.Step, flow: Flow, *, first: bool, tap: ast.Output | ast.Auxiliary | None
    ) -> Flow:
        """One step: what it makes of `flow`. The name of a tap labels a step that has no label."""
        self.frame.started = True
        parts = self.parts(step.label) if step.label else (tap.name,) if tap else None
        action = step.action
        label = step.label.span if step.label else tap.name_span if tap else action.span
        if isinstance(action, ast.Scope):
            return self._scope(action, parts, flow, label)
        if isinstance(action, ast.Apply) and not self._is_value(action, first):
            return self._apply(action, parts, flow, label)
        if isinstance(action, ast.Reuse):
            return apply.reuse(self, action, parts, flow)
        if not first:
            what = f"the value `{action.span.text}`"
            why = "after `->` a name is an operator or block"
            advice = "start a path with it: put it on a line of its own"
            raise NetlangError(
                MisplacedStatement(span=action.span, what=what, why=why, advice=advice)
            )
        value = self.reference(action)
        if step.label is not None and parts is not None:
            path = self.scope + parts
            self.builder.label(path, Labelled(value, step.label.span, "a value", path))
        return value

    def parts(self, label: ast.Label) -> Path:
        """The text of a label, computed parts evaluated."""
        return tuple(self._part(part) for part in label.parts)

    def _part(self, part: ast.LabelPart) -> str:
        text = ""
        for piece in part.pieces:
            value = piece if isinstance(piece, str) else self.evaluator.decided(piece)
            if isinstance(value, bool) or not isinstance(value, int | str):
                why = f"{kind_of(value)} is neither a whole number nor a string"
                raise NetlangError(BadLabelText(span=part.span, text=describe(value), why=why))
            text += str(value)
        if not text or "." in text or not text.isprintable() or len(text) > 200:
            why = "a part of a label is 1 to 200 printable characters without a dot"
            raise NetlangError(BadLabelText(span=part.span, text=text, why=why))
        return text

    def _is_value(self, action: ast.Apply, first: bool) -> bool:
        """Whether a bare name is a labelled value rather than a layer."""
        bare = action.arguments is None and action.body is None
        if not (bare and first) or self.find((action.name,)) is None:
            return False
        known = self.evaluator.names.find(action.name)
        if isinstance(known, Layer) or operator(action.name) is not None:
            fix = inserted(
                action.span,
                "()",
                f"write `{action.name}()` for the operator, or choose another label",
            )
            raise NetlangError(AmbiguousLabel(span=action.span, name=action.name, fix=fix))
        return True

    def reference(self, action: ast.Apply | ast.Reference | ast.In | ast.Tuple) -> Flow:
        """The labelled value, or values, that a path starts from."""
        if isinstance(action, ast.In):
            return (self.entry(action.span),)
        if isinstance(action, ast.Tuple):
            flows = [self.reference(item) for item in action.items]
            if any(flow is None for flow in flows):
                return None
            return tuple(ref for flow in flows for ref in flow or ())
        try:
            parts = (action.name,) if isinstance(action, ast.Apply) else self.parts(action.label)
        except NetlangError:
            self._refuse_glued(action)
            raise
        found = self.find(parts)
        if found is not None:
            return found.flow
        if self.builder.incomplete:
            raise NetlangError
        self._refuse_glued(action)
        text = ".".join(parts)
        fix = replacement(text, self.label_names(), action.span)
        raise NetlangError(UnknownLabel(span=action.span, label=text, fix=fix))

    def _refuse_glued(self, action: ast.Apply | ast.Reference) -> None:
        """No such label: `add{identity}` was meant as a merge, perhaps."""
        glued = glued_body(action, self.evaluator.names.find)
        if glued is not None:
            raise NetlangError(glued)

    def _scope(self, action: ast.Scope, parts: Path | None, flow: Flow, span: Span) -> Flow:
        if parts is None:
            return self.inner(flow=flow).run(action.body)
        path = self.scope + parts
        self.builder.claim(path, span, scope=True)
        result = self.inner(path, flow).run(action.body)
        self.builder.label(path, Labelled(result, action.span, "a scope", path))
        return result

    def _apply(self, action: ast.Apply, parts: Path | None, flow: Flow, span: Span) -> Flow:
        if action.name == "body" and self.evaluator.names.find("body") is None:
            result = self._given_body(action, flow)
            if parts is not None:
                path = self.scope + parts
                self.builder.label(path, Labelled(result, span, "a value", path))
            return result
        return apply.layer(self, action, parts, flow, span)

    def _given_body(self, action: ast.Apply, flow: Flow) -> Flow:
        """`body`: the steps that the call of this block was given."""
        if self.frame.closure is None:
            call = self.shared.frames[-1].span if self.shared.frames else None
            fix = with_body(call) if call else None
            raise NetlangError(NothingToApply(span=action.span, name=self.frame.name, fix=fix))
        if self.frame.applied:
            raise NetlangError(BodyTwice(span=action.span))
        self.frame.applied = True
        if action.arguments is not None or action.body is not None:
            why = "`body` stands for the steps of the call, and takes nothing itself"
            behind = Span(action.span.source, action.name_span.end, action.span.end)
            fix = replaced(behind, "", "write `body` alone")
            what = f"`{action.span.text}`"
            advice = "write `body` alone"
            raise NetlangError(
                MisplacedStatement(span=behind, what=what, why=why, advice=advice, fix=fix)
            )
        return self.frame.closure(flow, action.span)


# Each method takes the class that it is filed under.
_STATEMENTS: dict[type[ast.Node], Callable[[Body, Any], None]] = {
    ast.Path: Body._path,
    ast.Output: Body._output,
    ast.Auxiliary: Body._output,
    ast.Input: Body._input,
    ast.Constant: Body._constant,
    ast.If: Body._if,
    ast.For: Body._for,
    ast.Repeat: Body._repeat,
    ast.Assert: Body._assert,
}
