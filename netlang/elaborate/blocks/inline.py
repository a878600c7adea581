"""Blocks whose steps become those of the calling net or block: inline ones, and with a body.

A block that is given a body keeps a level of its own, under its label or number; an inline one has
none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import ChainLink
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.blocks.instances import count_inputs, refuse_endless
from netlang.elaborate.blocks.parameters import arguments, target_of
from netlang.elaborate.body import Body, LabelledValues
from netlang.elaborate.function.block_state import BlockState
from netlang.elaborate.function.builder import (
    FAILED,
    CurrentValue,
    FunctionBuilder,
    Labelled,
    LabelPath,
)
from netlang.evaluate.environment import Environment
from netlang.evaluate.values import BlockTarget, Layer
from netlang.ir.program import Output
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["inline", "without_level"]


def inline(
    body: Body, applied: Layer, action: ast.Apply, path: LabelPath, flow: CurrentValue
) -> tuple[CurrentValue, tuple[str, ...]]:
    """The block's own steps under its label, with the given body's steps in their place.

    Returns its value, and the names of the outputs that it declares.
    """
    builder, inner = body.builder, _inner(body, applied, action, path, flow)
    builder.claim(path, action.span, scope=True)
    labels = len(builder.labels)
    result, taps = _run(body, inner, applied, action, ".".join(path))
    builder.forget(path, labels)
    taken = _taken(builder, taps, path, action.span)
    if not inner.block.applied:
        _refuse_unapplied(target_of(applied), action)
    return (result if taken == () else taken), _deployed_names(taps)


def without_level(
    body: Body, applied: Layer, action: ast.Apply, label: LabelPath | None, flow: CurrentValue
) -> CurrentValue:
    """An inline block: its steps are those of the scope around, or of the scope of its label.

    Its labels can be read in it alone, but their paths are taken.
    """
    builder, path = body.builder, body.scope + (label or ())
    inner = _inner(body, applied, action, path, flow)
    if label is not None:
        builder.claim(path, action.span, scope=True)
    own: dict[LabelPath, Labelled] = {}
    with builder.labels_of(own, {}):
        shown = ".".join(path) or target_of(applied).name
        result, taps = _run(body, inner, applied, action, shown)
    builder.hidden += len(own)
    for tap in taps:
        if tap.auxiliary and (*path, tap.name) in builder.outputs:
            raise NetlangError(language.DuplicateOutput(span=action.span, name=tap.name))
    taken = _taken(builder, taps, path, action.span, read=label is not None)
    if action.body is not None and not inner.block.applied:
        _refuse_unapplied(target_of(applied), action)
    value = result if taken == () else taken
    if label is not None:
        names = _deployed_names(taps) or tuple(str(number) for number in range(len(value or ())))
        builder.label(path, Labelled(value, action.span, "an inline block", path, outputs=names))
    return value


def _run(
    body: Body, inner: Body, applied: Layer, action: ast.Apply, shown: str
) -> tuple[CurrentValue, tuple[Output, ...]]:
    """The value of the block's steps, and the outputs that they declare."""
    target, session = target_of(applied), body.session
    link = ChainLink(action.span, target.name, shown, body.block.shown)
    session.active.append(target.definition)
    with session.instance(link), body.builder.outputs_in({}) as taps:
        result = inner.run(target.definition.body)
    session.active.pop()
    return result, tuple(taps.values())


def _deployed_names(taps: Sequence[Output]) -> tuple[str, ...]:
    return tuple(tap.name for tap in taps if not tap.auxiliary)


def _inner(
    body: Body, applied: Layer, action: ast.Apply, path: LabelPath, flow: CurrentValue
) -> Body:
    """The block's own body, which adds to the function where the block is used."""
    target = target_of(applied)
    inline = isinstance(target.definition, ast.BlockDef) and target.definition.inline
    values = arguments(body, applied, action.span, flow, inline=inline)
    refuse_endless(body.session, target, action.span)
    names = Environment(target.module.find)
    for parameter in target.definition.parameters:
        names.assign(parameter.name, values[parameter.name], parameter.name_span)
    given = None if flow is None else tuple(body.builder.type_of(ref) for ref in flow)
    if given is not None:
        count_inputs(body, target, values, len(given), action.span)
    is_net = isinstance(target.definition, ast.NetDef)
    closure = None if action.body is None else _closure(body, action.body)
    block = BlockState(target.name, is_net, flow, given or (), closure=closure, root=path)
    readable = LabelledValues(body.builder, block, target.module, path)
    return Body.begin(body.elaborator, names, readable, flow, body.evaluator.pins)


def _closure(body: Body, suite: ast.Suite) -> Callable[[CurrentValue, Span], CurrentValue]:
    """A function that applies the given body.

    Its `output`s and labels are those of where it was written.
    """
    builder = body.builder
    outputs, labels, gone_on = builder.outputs, builder.labels, builder.gone_on

    def closure(current: CurrentValue, span: Span) -> CurrentValue:
        with builder.outputs_in(outputs), builder.labels_of(labels, gone_on):
            return body.inner(flow=current).run(suite)

    return closure


def _refuse_unapplied(target: BlockTarget, action: ast.Apply) -> None:
    assert action.body is not None
    why = "its body doesn't apply `body`"
    fix = fixes.steps_after(action)
    raise NetlangError(
        language.BodyNotAllowed(span=action.body.span, name=target.name, why=why, fix=fix)
    )


def _taken(
    builder: FunctionBuilder,
    taps: Sequence[Output],
    path: LabelPath,
    span: Span,
    *,
    read: bool = True,
) -> CurrentValue:
    """The outputs that an inlined block declared: its value, and the caller's training outputs.

    Several can be `read` under the label of the block, if it has one.
    """
    deployed = [tap for tap in taps if not tap.auxiliary]
    for tap in taps:
        where = (*path, tap.name)
        if tap.auxiliary:
            builder.outputs[where] = Output(".".join(where), tap.ref, auxiliary=True)
        elif read and len(deployed) > 1:
            flow = None if tap.ref == FAILED else (tap.ref,)
            builder.label(where, Labelled(flow, span, "an output", where))
    refs = tuple(tap.ref for tap in deployed)
    return None if FAILED in refs else refs
