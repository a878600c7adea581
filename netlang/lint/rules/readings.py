"""Warns about lines of a merge that most readers take for steps of one branch: W0107."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.values import BlockTarget, Broken, Layer
from netlang.lint.layouts import CONVOLUTIONS
from netlang.lint.tree import TreeRule
from netlang.ops import FAMILIES, operator
from netlang.source import shown
from netlang.syntax import ast
from netlang.syntax.ast.walk import outline

if TYPE_CHECKING:
    from netlang.ir.op import Op
    from netlang.modules.library import Module

__all__ = ["BranchLines"]

# What seldom begins a branch, since it follows a layer with weights. Those taken out may begin one,
# since they make of any value a mask, probabilities, the largest of some features or a unit vector.
_NORMS = {*FAMILIES["Normalisations"]}
_FOLLOWS = {*FAMILIES["Activations"], *_NORMS, "dropout"} - {
    "heaviside", "softmax", "log_softmax", "maxout", "l2_normalize",
}  # fmt: skip
_WEIGHTED = CONVOLUTIONS | {"linear"}


class BranchLines(TreeRule):
    """Merges whose lines read like steps one after the other."""

    watches = (ast.Apply,)

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self._cautions: list[Caution] = []
        self._item: ast.Item | None = None
        self._own: dict[str, str | None] | None = None

    def begin(self, item: ast.Item) -> None:
        self._item, self._own = item, None

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
        if not self._reads_on(before, self._kind(step.action)):
            return False
        op = self._applied(merge.name)
        if op is None or isinstance(op, BlockTarget) or op.arity.minimum < 2:
            return False
        self._cautions.append(
            diagnostics.BranchLikeStep(
                span=step.action.span,
                merge=merge.name,
                step=shown(step.action.span),
                before=shown(last.action.span),
                fix=self._one_branch(merge, before, after),
            )
        )
        return True

    def _reads_on(self, before: ast.Statement, step: str) -> bool:
        """Whether a step reads like the next of a branch: a norm of a layer, or an activation."""
        assert isinstance(before, ast.Path)
        *earlier, last = (self._kind(each.action) for each in before.steps)
        if last in _NORMS and earlier and earlier[-1] in _WEIGHTED:
            return step in _FOLLOWS - _NORMS
        return step in _FOLLOWS and last in _WEIGHTED

    def _kind(self, action: ast.Action) -> str:
        """The operator that a step applies; a block counts as a convolution."""
        if not isinstance(action, ast.Apply) or action.body is not None:
            return ""
        applied = self._applied(action.name)
        if isinstance(applied, BlockTarget):
            return "conv"
        return "" if applied is None else applied.name

    def _applied(self, name: str) -> type[Op] | BlockTarget | None:
        """The operator or block that a name stands for, as a step reads it, or None."""
        if self._own is None:
            self._own = _own_names(self._item)
        if name in self._own:
            return self._known(self._own[name])
        try:
            found = self.module.find(name)
        except NetlangError:
            return None
        if isinstance(found, Layer):
            return found.target if isinstance(found.target, BlockTarget) else found.target.op
        return None if isinstance(found, Broken) else operator(name)

    def _known(self, meant: str | None) -> type[Op] | BlockTarget | None:
        """What a constant of the body stands for; None if that depends on how the body is used."""
        assert self._own is not None
        return None if meant is None or meant in self._own else self._applied(meant)

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
        from netlang.advice.meaning.merges import braced  # only here: few merges need it

        return braced(before.span, statements[last].span, "put the steps of one branch in braces")

    def _goes_on(self, statement: ast.Statement) -> bool:
        step = _only_step(statement)
        return step is not None and self._kind(step.action) in _FOLLOWS | _WEIGHTED


def _own_names(item: ast.Item | None) -> dict[str, str | None]:
    """The names that a definition gives itself, each with the operator or block that it applies."""
    if not isinstance(item, (ast.BlockDef, ast.NetDef)):
        return {}
    own: dict[str, str | None] = {parameter.name: None for parameter in item.parameters}
    for node in outline(item).nodes:
        if isinstance(node, ast.Constant):
            value = node.value.callee if isinstance(node.value, ast.Call) else node.value
            once = isinstance(value, ast.Name) and node.name not in own
            own[node.name] = value.span.text if once else None
        elif isinstance(node, ast.FunctionDef):
            own[node.name] = None
        elif isinstance(node, ast.For):
            own.update({target.name: None for target in ast.names_in(node.targets)})
    return own


def _only_step(statement: ast.Statement) -> ast.Step | None:
    """The one step of a statement that is a path of no more."""
    if not isinstance(statement, ast.Path) or len(statement.steps) > 1:
        return None
    return statement.steps[0]


def _last_step(statement: ast.Statement) -> ast.Step | None:
    return statement.steps[-1] if isinstance(statement, ast.Path) else None
