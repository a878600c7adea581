"""Elaborates the branches of a merge, each of which starts from the current value."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import CurrentValue, LabelPath
from netlang.elaborate.loops import iterations
from netlang.elaborate.session import Abort
from netlang.ir.program import Ref
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["branches", "only_branch"]

_MAKE_BRANCHES = (ast.Path, ast.If, ast.For, ast.Repeat)


def branches(
    body: Body, action: ast.Apply, scope: LabelPath, flow: CurrentValue
) -> tuple[Ref, ...] | None:
    """The last values of the branches of `action`, in order; None if one had an error."""
    suite = action.body
    assert suite is not None
    inner = body.inner(scope, flow)
    ends: list[CurrentValue] = []
    for statement in suite.statements:
        if _is_refused(inner, action, statement):
            _ends(inner, (statement,), None)  # its labels: reading them isn't a second error
            ends.append(None)
        else:
            ends += _ends(inner, (statement,), flow)
    if any(end is None for end in ends):
        return None
    refs = []
    for end in ends:
        if end is None or len(end) != 1:
            count = len(end or ())
            raise NetlangError(
                language.BranchNotSingle(span=action.name_span, name=action.name, count=count)
            )
        refs.append(end[0])
    if not refs:
        fix = fixes.replaced(action.span, "identity", "write `identity`, the current value itself")
        raise NetlangError(language.EmptyMerge(span=action.span, name=action.name, fix=fix))
    return tuple(refs)


def _ends(
    body: Body, statements: Sequence[ast.Statement], flow: CurrentValue
) -> list[CurrentValue]:
    """One value for each branch of a suite, including those of conditionals and loops."""
    ends: list[CurrentValue] = []
    for statement in statements:
        body.session.tick(statement.span)
        body.flow = body.builder.current = flow
        try:
            ends += _branch(body, statement, flow)
        except Abort:
            raise
        except NetlangError as error:
            body.session.report(error)
            ends.append(None)
    return ends


def _branch(body: Body, statement: ast.Statement, flow: CurrentValue) -> list[CurrentValue]:
    if isinstance(statement, ast.Path):
        return [body.elaborator.path(body, statement, flow)]
    if isinstance(statement, ast.If):
        if body.evaluator.truth(statement.condition):
            inner = body.inner(None, flow, statement.condition)
            return _ends(inner, statement.then.statements, flow)
        if statement.otherwise is not None:
            inner = body.inner(None, flow, statement.condition)
            return _ends(inner, statement.otherwise.statements, flow)
        return []
    if isinstance(statement, ast.For):
        ends: list[CurrentValue] = []
        for inner in iterations(body, statement):
            ends += _ends(inner, statement.body.statements, flow)
        return ends
    if isinstance(statement, ast.Unread):
        body.statement(statement)
        return [None]
    if isinstance(statement, ast.Input):
        raise NetlangError(
            language.MisplacedStatement(
                span=statement.span,
                what="an input",
                why="branches start from the current value",
                advice="declare inputs at the beginning of the net or block",
            )
        )
    body.statement(statement)
    return []


def _is_refused(body: Body, action: ast.Apply, statement: ast.Statement) -> bool:
    """Whether a statement of a merge reads like the steps of one branch, which is reported."""
    try:
        _refuse_steps(body, action, statement)
    except NetlangError as error:
        body.session.report(error)
        return True
    return False


def _refuse_steps(body: Body, action: ast.Apply, statement: ast.Statement) -> None:
    """What reads like the steps of one branch: `repeat`, several lines in an `if` or `for`."""
    if isinstance(statement, ast.Path):  # most branches
        return
    if isinstance(statement, ast.If):
        suites = (
            [statement.then]
            if statement.otherwise is None
            else [statement.then, statement.otherwise]
        )
    elif isinstance(statement, ast.For):
        suites = [statement.body]
    elif isinstance(statement, ast.Repeat):
        from netlang.advice.meaning.merges import repeat_as_branches  # only here: an error

        raise NetlangError(repeat_as_branches(action, statement))
    else:
        return
    for suite in suites:
        made = [each for each in suite.statements if isinstance(each, _MAKE_BRANCHES)]
        if _are_steps(body, suite, made):
            from netlang.advice.meaning.merges import lines_as_branches  # only here: an error

            raise NetlangError(lines_as_branches(action, statement, suite, made))
        for each in made:
            _refuse_steps(body, action, each)


def _are_steps(body: Body, suite: ast.Suite, made: Sequence[ast.Statement]) -> bool:
    """Whether one of several lines reads like a step after the line before it.

    A line doesn't if it begins with a value, or if both lines show that they are branches.
    """
    for before, after in pairwise(made):
        if _begins_with_value(body, suite, after):
            continue
        if not _stands_alone(after):
            return True
        if not (_stands_alone(before) or _begins_with_value(body, suite, before)):
            return True
    return False


def _stands_alone(statement: ast.Statement) -> bool:
    """Whether a statement shows that it is a branch: braces, or a condition or loop of its own."""
    if not isinstance(statement, ast.Path):
        return True
    return len(statement.steps) == 1 and isinstance(statement.steps[0].action, ast.Scope)


def _begins_with_value(body: Body, suite: ast.Suite, statement: ast.Statement) -> bool:
    """Whether a line begins with a labelled value, several or `in`, or with `identity`."""
    if not isinstance(statement, ast.Path):
        return False
    step = statement.steps[0]
    action = step.action
    if not isinstance(action, ast.Apply):
        return isinstance(action, (ast.Reference, ast.Tuple, ast.In, ast.Here))
    if not action.is_bare:
        return False
    if action.name == "identity" and body.evaluator.names.find(action.name) is None:
        return step.label is None  # a label would name the value before it
    known = body.builder.is_label(body.scope, (action.name,), body.block.root)
    return known or any(
        isinstance(node, ast.Step)
        and node.label is not None
        and [part.pieces for part in node.label.parts] == [(action.name,)]
        for node in walk(suite)
    )


def only_branch(suite: ast.Suite) -> ast.Path | None:
    """The path that is the only written branch of a merge, except in the body of a call."""
    made = [each for each in suite.statements if isinstance(each, _MAKE_BRANCHES)]
    if len(made) != 1 or not isinstance(made[0], ast.Path):
        return None
    first = made[0].steps[0].action
    return None if isinstance(first, ast.Apply) and first.name == "body" else made[0]
