"""Elaborates paths and steps: the current value from one step to the next."""

from __future__ import annotations

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.apply import apply
from netlang.elaborate.body import Body
from netlang.elaborate.function.application import StepContext, TapName
from netlang.elaborate.function.builder import CurrentValue, GoneOn, Labelled
from netlang.elaborate.references import is_value, parts_of, reference, refuse_glued
from netlang.elaborate.session import Abort
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.number_steps import number_advice

__all__ = ["path"]


def path(
    body: Body, path: ast.Path, flow: CurrentValue, tap: TapName | None = None
) -> CurrentValue:
    """The steps of a path in turn, from `flow`."""
    if len(path.steps) > 1 or path.steps[0].label is not None:
        tap = None
    contexts: list[StepContext | None] = []
    for index, step in enumerate(path.steps):
        body.block.started = True
        body.builder.current = flow
        context = None
        try:
            context = _context(body, step, flow, tap)
            flow = _step(body, path, index, context)
        except Abort:
            raise
        except NetlangError as error:
            body.session.report(fixes.numbered(body.module.file, error))
            flow = None
            _poison(body, step, context)
        contexts.append(context)
    if len(path.steps) > 1:
        _note_parts(body, path, contexts, flow)
    return flow


def _note_parts(
    body: Body, path: ast.Path, contexts: list[StepContext | None], end: CurrentValue
) -> None:
    """Labels followed by a step without one: they name part of their path.

    `contexts` are those of the steps; None where the label couldn't be had, which was reported.
    """
    unlabelled = [index for index, step in enumerate(path.steps) if step.label is None]
    followed = contexts[: unlabelled[-1]] if unlabelled else ()
    for index, context in enumerate(followed):
        if context is not None and context.label is not None:
            body.builder.gone_on[body.scope + context.label] = GoneOn(path, index, end)


def _poison(body: Body, step: ast.Step, context: StepContext | None) -> None:
    """Define the label of a step that failed, so that reading it isn't a second error."""
    if step.label is None:
        return
    if context is None or context.label is None:
        body.builder.incomplete = True
        return
    path = body.scope + context.label
    body.builder.labels.setdefault(path, Labelled(None, step.label.span, "a step", path))


def _step(body: Body, path: ast.Path, index: int, context: StepContext) -> CurrentValue:
    """One step applied to the current value."""
    step, first, flow = path.steps[index], index == 0, context.flow
    action = step.action
    if isinstance(action, ast.Apply) and not is_value(body, action, first):
        if action.name != "body" or body.evaluator.names.find("body") is not None:
            return apply(body, action, context)
        return _labelled(body, context, _given_body(body, action, flow))
    if isinstance(action, ast.Scope):
        return _scope(body, action, context)
    if isinstance(action, ast.Reuse):
        from netlang.elaborate.reuse import reuse

        return reuse(body, action, context)
    if not first:
        raise _value_later(body, path, index)
    value = reference(body, action)
    if step.label is not None and len(path.steps) > 1:
        from netlang.advice.meaning.labels import label_of_value  # only here: an error

        body.session.report(NetlangError(label_of_value(path, body.module.file)))
        _poison(body, step, context)
        return value
    return value if step.label is None else _labelled(body, context, value)


def _value_later(body: Body, path: ast.Path, index: int) -> NetlangError:
    """The error of a value after the first step of a path; that of a glued body is raised."""
    step = path.steps[index]
    action = step.action
    if isinstance(action, ast.Apply | ast.Reference):
        refuse_glued(body, action)
    what = f"the value `{action.span.text}`"
    why = "after `->` a name is an operator or block"
    advice, fix = "start a path with it: put it on a line of its own", None
    number = action.span.text.strip("( )")
    if number.replace(".", "", 1).isdecimal():
        what, advice = f"the number `{number}`", number_advice(number)
    if isinstance(action, ast.Here):
        why, advice = "it is what the steps before it have made", "leave it out"
        between = Span(action.span.source, path.steps[index - 1].span.end, step.span.end)
        fix = fixes.replaced(between, "", advice) if step.label is None else None
    named = _name_of_the_end(body, path, index)
    if named is not None:
        from netlang.advice.meaning.steps import in_front  # only here: an error

        fix = in_front(path, named) or fix
    return NetlangError(
        language.MisplacedStatement(span=action.span, what=what, why=why, advice=advice, fix=fix)
    )


def _name_of_the_end(body: Body, path: ast.Path, index: int) -> str | None:
    """The name in `-> wide: here` or `-> up{i}` at the end of a path, if it can label a step."""
    step, label = path.steps[index], path.steps[index].label
    if index + 1 < len(path.steps):
        return None
    if isinstance(step.action, ast.Reference) and label is None:
        label = step.action.label
        if label.span.text.replace(".", "").isdecimal():
            return None  # it was meant as a number
    elif not isinstance(step.action, ast.Here) or label is None:
        return None
    try:
        parts = parts_of(body, label)
    except NetlangError:
        return None
    free = body.builder.is_free(body.scope + parts)
    if not free or (label is not step.label and body.find(parts) is not None):
        return None
    from netlang.advice.meaning.labels import comes_again  # only here: an error

    return None if comes_again(body.module.file, label) else label.span.text


def _context(body: Body, step: ast.Step, flow: CurrentValue, tap: TapName | None) -> StepContext:
    """What a step gets from its place. The name of a tap labels a step that has no label."""
    if step.label is not None:
        return StepContext(parts_of(body, step.label), step.label.span, flow)
    if tap is not None:
        return StepContext((tap.name,), tap.span, flow)
    return StepContext(None, step.action.span, flow)


def _labelled(body: Body, step: StepContext, value: CurrentValue) -> CurrentValue:
    """An existing value under the label of the step, if it has one."""
    if step.label is not None:
        path = body.scope + step.label
        body.builder.label(path, Labelled(value, step.span, "a value", path))
    return value


def _scope(body: Body, action: ast.Scope, step: StepContext) -> CurrentValue:
    if step.label is None:
        return body.inner(flow=step.flow).run(action.body)
    path = body.scope + step.label
    body.builder.claim(path, step.span, scope=True)
    result = body.inner(path, step.flow).run(action.body)
    body.builder.label(path, Labelled(result, action.span, "a scope", path))
    return result


def _given_body(body: Body, action: ast.Apply, flow: CurrentValue) -> CurrentValue:
    """`body`: the steps that this block's call was given."""
    if body.block.closure is None:
        call = body.session.links[-1].span if body.session.links else None
        fix = fixes.with_body(call) if call else None
        raise NetlangError(language.NothingToApply(span=action.span, name=body.block.name, fix=fix))
    if body.block.applied:
        raise NetlangError(language.BodyTwice(span=action.span))
    body.block.applied = True
    if not action.is_bare:
        why = "`body` stands for the steps of the call, and takes nothing itself"
        behind = Span(action.span.source, action.name_span.end, action.span.end)
        fix = fixes.replaced(behind, "", "write `body` alone")
        what = f"`{action.span.text}`"
        advice = "write `body` alone"
        raise NetlangError(
            language.MisplacedStatement(span=behind, what=what, why=why, advice=advice, fix=fix)
        )
    return body.block.closure(flow, action.span)
