"""Elaborates the branches of a merge, each of which starts from the current value."""

from __future__ import annotations

from netlang.advice.edits import replaced
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.structure import BranchNotSingle, EmptyMerge, MisplacedStatement
from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import CurrentValue, LabelPath
from netlang.elaborate.loops import iterations
from netlang.elaborate.session import Abort
from netlang.ir.program import Ref
from netlang.syntax import ast

__all__ = ["branches", "only_branch"]

_MAKE_BRANCHES = (ast.Path, ast.If, ast.For, ast.Repeat)


def branches(
    body: Body, action: ast.Apply, scope: LabelPath, flow: CurrentValue
) -> tuple[Ref, ...] | None:
    """The last values of the branches of `action`, in order; None if one had an error."""
    suite = action.body
    assert suite is not None
    for statement in suite.statements:
        if not isinstance(statement, ast.Path):
            _refuse_steps(action, statement)
    ends = _ends(body.inner(scope, flow), suite, flow)
    if any(end is None for end in ends):
        return None
    refs = []
    for end in ends:
        if end is None or len(end) != 1:
            count = len(end or ())
            raise NetlangError(
                BranchNotSingle(span=action.name_span, name=action.name, count=count)
            )
        refs.append(end[0])
    if not refs:
        fix = replaced(action.span, "identity", "write `identity`, the current value itself")
        raise NetlangError(EmptyMerge(span=action.span, name=action.name, fix=fix))
    return tuple(refs)


def _ends(body: Body, suite: ast.Suite, flow: CurrentValue) -> list[CurrentValue]:
    """One value for each branch of a suite, including those of conditionals and loops."""
    ends: list[CurrentValue] = []
    for statement in suite.statements:
        body.session.tick(statement.span)
        body.flow = flow
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
            return _ends(body.inner(flow=flow), statement.then, flow)
        if statement.otherwise is not None:
            return _ends(body.inner(flow=flow), statement.otherwise, flow)
        return []
    if isinstance(statement, ast.For):
        ends: list[CurrentValue] = []
        for inner in iterations(body, statement):
            ends += _ends(inner, statement.body, flow)
        return ends
    if isinstance(statement, ast.Unread):
        body.statement(statement)
        return [None]
    if isinstance(statement, ast.Input):
        raise NetlangError(
            MisplacedStatement(
                span=statement.span,
                what="an input",
                why="branches start from the current value",
                advice="declare inputs at the beginning of the net or block",
            )
        )
    body.statement(statement)
    return []


def _refuse_steps(action: ast.Apply, statement: ast.Statement) -> None:
    """What reads like the steps of one branch: `repeat`, several lines in an `if` or `for`."""
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
        if len(made) > 1 and not all(map(_stands_alone, made)):
            from netlang.advice.meaning.merges import lines_as_branches  # only here: an error

            raise NetlangError(lines_as_branches(action, statement, suite, made))
        for each in made:
            _refuse_steps(action, each)


def _stands_alone(statement: ast.Statement) -> bool:
    """Whether a statement shows that it is a branch: braces, or a condition or loop of its own."""
    if not isinstance(statement, ast.Path):
        return True
    return len(statement.steps) == 1 and isinstance(statement.steps[0].action, ast.Scope)


def only_branch(suite: ast.Suite) -> ast.Path | None:
    """The path that is the only written branch of a merge, except in the body of a call."""
    made = [each for each in suite.statements if isinstance(each, _MAKE_BRANCHES)]
    if len(made) != 1 or not isinstance(made[0], ast.Path):
        return None
    first = made[0].steps[0].action
    return None if isinstance(first, ast.Apply) and first.name == "body" else made[0]
