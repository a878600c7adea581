"""Paths and steps: the current value from one step to the next."""

from __future__ import annotations

from netlang.advice.bodies import with_body
from netlang.advice.edits import replaced
from netlang.advice.names import numbered
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.structure import BodyTwice, MisplacedStatement, NothingToApply
from netlang.elaborate import apply
from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import Flow, Labelled, Path
from netlang.elaborate.references import is_value, parts_of, reference
from netlang.elaborate.reuse import reuse
from netlang.elaborate.session import Abort
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["path"]


def path(
    body: Body, path: ast.Path, flow: Flow, tap: ast.Output | ast.Auxiliary | None = None
) -> Flow:
    """The steps of a path in turn, from `flow`."""
    if len(path.steps) > 1 or path.steps[0].label is not None:
        tap = None
    for index, step in enumerate(path.steps):
        try:
            flow = _step(body, step, flow, first=index == 0, tap=tap)
        except Abort:
            raise
        except NetlangError as error:
            body.shared.report(numbered(body.module.file, error))
            flow = None
            _poison(body, step)
    return flow


def _poison(body: Body, step: ast.Step) -> None:
    """A step that failed still has its label, so that what reads it is no second error."""
    if step.label is None:
        return
    try:
        path = body.scope + parts_of(body, step.label)
    except NetlangError:
        body.builder.incomplete = True
        return
    body.builder.labels.setdefault(path, Labelled(None, step.label.span, "a step", path))


def _step(
    body: Body, step: ast.Step, flow: Flow, *, first: bool, tap: ast.Output | ast.Auxiliary | None
) -> Flow:
    """One step: what it makes of `flow`. The name of a tap labels a step that has no label."""
    body.frame.started = True
    parts = parts_of(body, step.label) if step.label else (tap.name,) if tap else None
    action = step.action
    label = step.label.span if step.label else tap.name_span if tap else action.span
    if isinstance(action, ast.Scope):
        return _scope(body, action, parts, flow, label)
    if isinstance(action, ast.Apply) and not is_value(body, action, first):
        return _apply(body, action, parts, flow, label)
    if isinstance(action, ast.Reuse):
        return reuse(body, action, parts, flow)
    if not first:
        what = f"the value `{action.span.text}`"
        why = "after `->` a name is an operator or block"
        advice = "start a path with it: put it on a line of its own"
        raise NetlangError(MisplacedStatement(span=action.span, what=what, why=why, advice=advice))
    value = reference(body, action)
    if step.label is not None and parts is not None:
        path = body.scope + parts
        body.builder.label(path, Labelled(value, step.label.span, "a value", path))
    return value


def _scope(body: Body, action: ast.Scope, parts: Path | None, flow: Flow, span: Span) -> Flow:
    if parts is None:
        return body.inner(flow=flow).run(action.body)
    path = body.scope + parts
    body.builder.claim(path, span, scope=True)
    result = body.inner(path, flow).run(action.body)
    body.builder.label(path, Labelled(result, action.span, "a scope", path))
    return result


def _apply(body: Body, action: ast.Apply, parts: Path | None, flow: Flow, span: Span) -> Flow:
    if action.name == "body" and body.evaluator.names.find("body") is None:
        result = _given_body(body, action, flow)
        if parts is not None:
            path = body.scope + parts
            body.builder.label(path, Labelled(result, span, "a value", path))
        return result
    return apply.layer(body, action, parts, flow, span)


def _given_body(body: Body, action: ast.Apply, flow: Flow) -> Flow:
    """`body`: the steps that the call of this block was given."""
    if body.frame.closure is None:
        call = body.shared.frames[-1].span if body.shared.frames else None
        fix = with_body(call) if call else None
        raise NetlangError(NothingToApply(span=action.span, name=body.frame.name, fix=fix))
    if body.frame.applied:
        raise NetlangError(BodyTwice(span=action.span))
    body.frame.applied = True
    if action.arguments is not None or action.body is not None:
        why = "`body` stands for the steps of the call, and takes nothing itself"
        behind = Span(action.span.source, action.name_span.end, action.span.end)
        fix = replaced(behind, "", "write `body` alone")
        what = f"`{action.span.text}`"
        advice = "write `body` alone"
        raise NetlangError(
            MisplacedStatement(span=behind, what=what, why=why, advice=advice, fix=fix)
        )
    return body.frame.closure(flow, action.span)
