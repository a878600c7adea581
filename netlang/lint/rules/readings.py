"""Warns about what most readers take for something else: W0107 and W0109."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from netlang.diagnostics.diagnostic import Caution, Edit, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.warnings.text import BranchLikeStep, StepAfterOutput
from netlang.evaluate.values import BlockTarget, Layer
from netlang.lint.tree import TreeRule
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast

if TYPE_CHECKING:
    from netlang.modules.library import Module

__all__ = ["BranchLines", "StepsAfterOutputs"]

# What seldom begins a branch, since it follows a layer with weights.
_FOLLOWS = frozenset((
    "relu", "relu6", "leaky_relu", "elu", "sigmoid", "tanh", "silu", "gelu", "hard_sigmoid",
    "hard_swish", "softplus", "prelu", "batch_norm", "layer_norm", "group_norm", "instance_norm",
    "frozen_batch_norm", "switchable_norm", "local_response_norm", "dropout",
))  # fmt: skip
Labels: TypeAlias = frozenset[str]
_WEIGHTED = frozenset(("conv", "conv_transpose", "linear"))


class BranchLines(TreeRule):
    """Merges whose lines read like steps one after the other."""

    watches = (ast.Apply,)

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self._cautions: list[Caution] = []

    def begin(self, item: ast.Item) -> None:
        pass

    def see(self, node: ast.Node) -> None:
        if isinstance(node, ast.Apply) and node.body is not None:
            for before, statement in pairwise(node.body.statements):
                if self._follows(node, before, statement):
                    break

    def found(self) -> Iterator[Caution]:
        yield from self._cautions

    def _follows(self, merge: ast.Apply, before: ast.Statement, after: ast.Statement) -> bool:
        """Whether one line of a merge reads like a step after the line before: it is reported."""
        step, last = _only_step(after), _last_step(before)
        if step is None or last is None or step.label is not None:
            return False
        if self._kind(step.action) not in _FOLLOWS or self._kind(last.action) not in _WEIGHTED:
            return False
        op = operator(merge.name)
        if op is None or op.arity.minimum < 2:
            return False
        self._cautions.append(
            BranchLikeStep(
                span=step.action.span,
                merge=merge.name,
                step=_short(step.action.span),
                before=_short(last.action.span),
                fix=self._one_branch(merge, before, after),
            )
        )
        return True

    def _kind(self, action: ast.Action) -> str:
        """The operator that a step applies; a block counts as a convolution."""
        if not isinstance(action, ast.Apply) or action.body is not None:
            return ""
        try:
            found = self.module.find(action.name)
        except NetlangError:
            return ""
        if isinstance(found, Layer):
            return "conv" if isinstance(found.target, BlockTarget) else found.name
        op = operator(action.name) if found is None else None
        return "" if op is None else op.name

    def _one_branch(
        self, merge: ast.Apply, before: ast.Statement, after: ast.Statement
    ) -> Fix | None:
        """Braces around all lines that read like one branch, where others are left."""
        assert merge.body is not None
        statements = merge.body.statements
        first, last = statements.index(before), statements.index(after)
        while last + 1 < len(statements) and self._goes_on(statements[last + 1]):
            last += 1
        if first == 0 and last + 1 == len(statements):
            return None
        source, end = before.span.source, statements[last].span.end
        edits = (
            Edit(Span(source, before.span.start, before.span.start), "{ "),
            Edit(Span(source, end, end), " }"),
        )
        return Fix("put the steps of one branch in braces", edits)

    def _goes_on(self, statement: ast.Statement) -> bool:
        step = _only_step(statement)
        return step is not None and self._kind(step.action) in _FOLLOWS | _WEIGHTED


class StepsAfterOutputs(TreeRule):
    """Steps without a label after an output that has steps."""

    watches = (ast.Output,)

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self._item: ast.Item | None = None
        self._has_taps = False
        self._cautions: list[Caution] = []

    def begin(self, item: ast.Item) -> None:
        self._after_outputs()
        self._item = item

    def see(self, node: ast.Node) -> None:
        if isinstance(node, ast.Output) and node.path is not None:
            self._has_taps = True

    def found(self) -> Iterator[Caution]:
        self._after_outputs()
        yield from self._cautions

    def _after_outputs(self) -> None:
        if self._has_taps and isinstance(self._item, ast.BlockDef | ast.NetDef):
            labels = frozenset(_labels(self._item.body))
            for suite in _suites(self._item.body):
                self._cautions += self._in_suite(suite, labels)
        self._has_taps = False

    def _in_suite(self, suite: ast.Suite, labels: Labels) -> Iterator[Caution]:
        passed = (ast.Auxiliary, ast.Constant, ast.Assert)
        left = [each for each in suite.statements if not isinstance(each, passed)]
        for number, (tap, after) in enumerate(pairwise(left)):
            if not isinstance(tap, ast.Output) or not isinstance(after, ast.Path):
                continue
            if tap.path is None or not _reads_current(tap.path, labels):
                continue
            if after.steps[0].label is not None or not _reads_current(after, labels):
                continue
            yield StepAfterOutput(
                span=after.steps[0].span,
                output=tap.name,
                fix=_from_value(left[:number], after.steps[0].span, tap.name),
            )


def _reads_current(path: ast.Path, labels: Labels) -> bool:
    """Whether a path begins with a step that reads the current value."""
    action = path.steps[0].action
    if not isinstance(action, ast.Apply):
        return False
    if action.body is not None:
        paths = [each for each in action.body.statements if isinstance(each, ast.Path)]
        return any(_reads_current(each, labels) for each in paths)
    return action.arguments is not None or not _is_label(action.name, labels)


def _is_label(name: str, labels: Labels) -> bool:
    """Whether a bare name may be a label, whose end may be computed."""
    return name in labels or any(f"{name[:end]}{{" in labels for end in range(1, len(name)))


def _from_value(before: Sequence[ast.Statement], step: Span, output: str) -> Fix | None:
    """The label of the value before, in front of the step, where it has one."""
    for statement in reversed(before):
        if isinstance(statement, ast.Input):
            name = statement.name
        elif isinstance(statement, ast.Path):
            label = statement.steps[-1].label
            if label is None:
                return None
            name = label.span.text
        elif isinstance(statement, ast.Output):
            continue
        else:
            return None
        advice = (
            f"write `{name} -> ...` if it is meant; to go on from the output, label its step, "
            f"`output {output}: y: ...`, and begin with `y`"
        )
        return Fix(advice, (Edit(Span(step.source, step.start, step.start), f"{name} -> "),))
    return None


def _suites(suite: ast.Suite) -> Iterator[ast.Suite]:
    """A suite and those of the scopes, loops and conditions in it."""
    yield suite
    for statement in suite.statements:
        inside: list[ast.Suite | None] = []
        if isinstance(statement, ast.If):
            inside = [statement.then, statement.otherwise]
        elif isinstance(statement, ast.For | ast.Repeat):
            inside = [statement.body]
        elif isinstance(statement, ast.Path):
            inside = [s.action.body for s in statement.steps if isinstance(s.action, ast.Scope)]
        for each in inside:
            if each is not None:
                yield from _suites(each)


def _labels(suite: ast.Suite) -> Iterator[str]:
    """The first words of the labels and inputs of a body."""
    for each in _suites(suite):
        for statement in each.statements:
            if isinstance(statement, ast.Input):
                yield statement.name
            elif isinstance(statement, ast.Path):
                for step in statement.steps:
                    if step.label is not None:
                        yield _first(step.label.parts[0])


def _first(part: ast.LabelPart) -> str:
    """The first part of a label: `layer{` for `layer{i + 1}`."""
    first = part.pieces[0]
    if not isinstance(first, str):
        return "{"
    return first if len(part.pieces) == 1 else f"{first}{{"


def _only_step(statement: ast.Statement) -> ast.Step | None:
    """The one step of a statement that is a path of no more."""
    if not isinstance(statement, ast.Path) or len(statement.steps) > 1:
        return None
    return statement.steps[0]


def _last_step(statement: ast.Statement) -> ast.Step | None:
    return statement.steps[-1] if isinstance(statement, ast.Path) else None


def _short(span: Span) -> str:
    text = " ".join(span.text.split())
    return text if len(text) <= 40 else f"{text[:37]}..."
