"""Elaborates the branches of a merge, each of which starts from the current value."""

from __future__ import annotations

from netlang.advice.edits import replaced
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.structure import BranchNotSingle, EmptyMerge, MisplacedStatement
from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import CurrentValue, LabelPath
from netlang.elaborate.loops import count, iterations
from netlang.elaborate.session import Abort
from netlang.ir.program import Ref
from netlang.syntax import ast

__all__ = ["branches"]


def branches(
    body: Body, action: ast.Apply, scope: LabelPath, flow: CurrentValue
) -> tuple[Ref, ...] | None:
    """The last values of the branches of `action`, in order; None if one had an error."""
    suite = action.body
    assert suite is not None
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
        fix = replaced(suite.span, "{ identity }", "write `identity`, the current value itself")
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
    if isinstance(statement, ast.Repeat):
        times = count(body, statement)
        with body.session.loop(times, statement.count.span):
            return [end for _ in range(times) for end in _ends(body.inner(), statement.body, flow)]
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
