"""Applies one step: an operator, a merge, or a block."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from typing import final

from netlang import advice as fixes
from netlang.advice.calls import refuse_call, refuse_nested
from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.blocks import instances
from netlang.elaborate.blocks.parameters import arguments
from netlang.elaborate.body import Body
from netlang.elaborate.branches import branches, only_branch
from netlang.elaborate.function.application import Application, StepContext
from netlang.elaborate.function.builder import CurrentValue, Labelled, LabelPath
from netlang.elaborate.function.weight_values import (
    NOTHING_GIVEN,
    WeightValues,
    check_alone,
    check_ties,
    taken_out,
)
from netlang.elaborate.operators import add_label, next_path, nothing_to_read, operator_node
from netlang.elaborate.references import is_labelled
from netlang.evaluate.binding import argument_spans, bind, operator_of
from netlang.evaluate.functions import called, not_called
from netlang.evaluate.literals import LiteralStep, WrittenArguments, literal_key, parameters_given
from netlang.evaluate.values import (
    BlockTarget,
    Broken,
    FunctionValue,
    Layer,
    OperatorTarget,
    Value,
    kind_of,
)
from netlang.ir.op import Op
from netlang.ir.program import NO_ARGUMENTS, Function, Ref
from netlang.modules.files import block_owner
from netlang.ops import operator, operator_names
from netlang.records import Record, replace
from netlang.syntax import ast

__all__ = ["apply"]


def apply(body: Body, action: ast.Apply, step: StepContext) -> CurrentValue:
    """For `conv(64)`, `unit(64) { ... }`, `add { ... }`: the result for the current value."""
    found = body.evaluator.names.find(action.name)
    if isinstance(found, Layer):
        layer = found
    elif isinstance(found, FunctionValue):
        layer, action = _given_by(body, found, action)
    else:
        layer = _operator_named(body, action, step, found)
    key = None
    if isinstance(layer.target, OperatorTarget):
        if action.body is None and not layer.arguments:
            key = literal_key(layer.target.op, action.arguments or ())
            known = body.session.literal_steps.get(key) if key else None
            if known is not None:
                return _literal(body, _Applied(layer, action, step), known)
    else:
        layer = bind(layer, action.arguments or (), body.evaluator.value, action.span)
        return _block(body, _Applied(layer, action, step))
    rest, given = taken_out(body, layer, action.arguments or ())
    layer, op = _operator(body, layer, rest, action)
    applied = _Applied(layer, action, step)
    if given is not NOTHING_GIVEN:
        return _given(body, op, applied, given)
    if action.body is not None:
        return _merge(body, op, applied)
    if key is not None:
        parameters = parameters_given(layer, action.arguments or ())
        body.session.literal_steps[key] = LiteralStep(op, parameters)
    path = next_path(body, step.label)
    result = None
    if step.flow is not None:
        result = operator_node(body, op, applied.application(path, step.flow))
    return add_label(body, step.label, Labelled(result, step.span, "an operator", path, layer, op))


@final
class _Applied(Record, gc=False):
    """A layer, and the step that applies it."""

    layer: Layer
    action: ast.Apply
    step: StepContext

    def application(self, path: LabelPath, inputs: tuple[Ref, ...]) -> Application:
        """The layer, which has all arguments, applied to values at its place in the function."""
        written, action = argument_spans(self.layer), self.action
        places = action.span, action.name_span, self.step.span
        return Application(self.layer, written, path, inputs, *places)


def _operator(
    body: Body, layer: Layer, rest: tuple[ast.Argument, ...], action: ast.Apply
) -> tuple[Layer, Op]:
    """An operator with the arguments of a step. Raises a diagnostic if they don't fit."""
    try:
        layer = bind(layer, rest, body.evaluator.value, action.span)
        return layer, operator_of(layer, action.span)
    except NetlangError:
        # No operator takes a value of the net as an argument, which has a message of its own.
        refuse_call(body.module.file, action, partial(is_labelled, body))
        refuse_nested(action, partial(is_labelled, body))
        raise


def _given(body: Body, op: Op, applied: _Applied, given: WeightValues) -> CurrentValue:
    """A step that is given weights as values."""
    check_alone(op, given)
    op, result = replace(op, given=given.names(op)), None
    layer, step = applied.layer, applied.step
    path = next_path(body, step.label)
    if step.flow is not None:
        call = applied.application(path, step.flow)
        further = tuple(given.refs[name] for name in op.given)
        written = {**call.written, **given.spans}
        call = replace(call, inputs=(*step.flow, *further), written=written, tied=given.ties)
        result = operator_node(body, op, call)
        if ".".join(path) not in body.builder.stand_ins:
            check_ties(body, op, tuple(map(body.builder.type_of, call.inputs)), given)
    return add_label(body, step.label, Labelled(result, step.span, "an operator", path, layer, op))


def _literal(body: Body, applied: _Applied, known: LiteralStep) -> CurrentValue:
    """A step written exactly like an earlier one, whose arguments were valid."""
    layer, action, step = applied.layer, applied.action, applied.step
    path = next_path(body, step.label)
    arguments, result = action.arguments or (), None
    if step.flow is not None:
        written = WrittenArguments(known.parameters, arguments) if arguments else NO_ARGUMENTS
        places = action.span, action.name_span, step.span
        call = Application(layer, written, path, step.flow, *places, shared=True)
        result = operator_node(body, known.op, call)
    if step.label is None:
        return result
    layer = bind(layer, arguments, body.evaluator.value, action.span)
    labelled = Labelled(result, step.span, "an operator", path, layer, known.op)
    return add_label(body, step.label, labelled)


def _given_by(body: Body, function: FunctionValue, action: ast.Apply) -> tuple[Layer, ast.Apply]:
    """The layer that a function gives, and the step as if it were written there."""
    if action.arguments is None:
        raise not_called(function, action.name_span)
    layer = called(function, action.arguments, action.span, body.evaluator)
    if isinstance(layer, Layer):
        return layer, replace(action, arguments=None)
    kind = f"a function, which gives {kind_of(layer)} here"
    raise NetlangError(language.NotALayer(span=action.name_span, name=action.name, kind=kind))


def _operator_named(body: Body, action: ast.Apply, step: StepContext, found: Value | None) -> Layer:
    """The operator that a name stands for, for which no layer of the spec was found."""
    if isinstance(found, Broken):
        raise NetlangError
    op = operator(action.name)
    if op is not None:
        return _operator_layer(op)
    raise _no_layer(body, action, step, found)


def _no_layer(
    body: Body, action: ast.Apply, step: StepContext, found: Value | None
) -> NetlangError:
    """The error of a name that stands for no layer."""
    from netlang.advice.meaning import steps  # only here: an error

    if found is not None:
        fix = steps.one_by_one(body.module.file, action) if isinstance(found, tuple) else None
        kind = kind_of(found)
        return NetlangError(
            language.NotALayer(span=action.name_span, name=action.name, kind=kind, fix=fix)
        )
    labelled = body.find((action.name,))
    if labelled is not None:
        kind, fix = "the label of a value", None
        if labelled.layer is not None and _fits(body, labelled, step.flow):
            fix = steps.once_more(action, action.name)
        return NetlangError(
            language.NotALayer(span=action.name_span, name=action.name, kind=kind, fix=fix)
        )
    again = steps.asked_again(action)
    if again is not None and body.find((again,)) is not None:
        fix = steps.once_more(action, again)
        return NetlangError(language.UnknownLayer(span=action.name_span, name=action.name, fix=fix))
    fix = steps.label_after(body.module.file, action)
    if fix is not None:  # what reads the label isn't a second error
        path = (*body.scope, action.name)
        body.builder.labels.setdefault(path, Labelled(None, action.span, "a step", path))
        return NetlangError(language.UnknownLayer(span=action.name_span, name=action.name, fix=fix))

    def known() -> Iterable[str]:
        return (*body.evaluator.names.names(), *body.module.names(), *operator_names())

    labels = body.values.label_names
    return NetlangError(fixes.unknown_layer(body.module.file, action, known, labels, block_owner))


def _fits(body: Body, labelled: Labelled, flow: CurrentValue) -> bool:
    """Whether a labelled step could be reused for a value: it is like what the step has read."""
    text = ".".join(labelled.path)
    for node in body.builder.plain_nodes():
        if node.path == text and flow is not None:
            before = [body.builder.type_of(ref).shape[:1] for ref in node.inputs]
            return before == [body.builder.type_of(ref).shape[:1] for ref in flow]
    return False


@cache
def _operator_layer(op: type[Op]) -> Layer:
    """An operator without any arguments yet."""
    return Layer(OperatorTarget(op))


def _merge(body: Body, op: Op, applied: _Applied) -> CurrentValue:
    """`add { a; b }`: the branches, then the operator on their last values."""
    action, step = applied.action, applied.step
    if op.arity.maximum is not None and op.arity.maximum < 2:
        why = f"`{op.name}` takes {op.arity}; braces are for operators that merge branches"
        assert action.body is not None
        fix = fixes.steps_after(action)
        raise NetlangError(
            language.BodyNotAllowed(span=action.body.span, name=op.name, why=why, fix=fix)
        )
    scope = body.scope + step.label if step.label else body.scope
    if step.label:
        body.builder.claim(scope, step.span, scope=True)
    ends = branches(body, action, scope, step.flow)
    if ends is not None and len(ends) == 1 and op.arity.minimum > 1:
        _refuse_one(body, action, step, ends)
        return add_label(body, step.label, Labelled(ends, step.span, "a value", scope))
    path = next_path(body, step.label)
    result = None
    if ends is not None:
        result = operator_node(body, op, applied.application(path, ends))
    labelled = Labelled(result, step.span, "a merge", path, applied.layer, op)
    return add_label(body, step.label, labelled)


def _refuse_one(body: Body, action: ast.Apply, step: StepContext, ends: tuple[Ref, ...]) -> None:
    """A merge that has one branch however the file is used."""
    assert action.body is not None
    branch = only_branch(action.body)
    if branch is not None:
        from netlang.advice.meaning.merges import merge_of_one  # only here: an error

        flow = step.flow or ()
        alike = len(flow) == 1 and body.builder.type_of(flow[0]) == body.builder.type_of(ends[0])
        body.session.report(NetlangError(merge_of_one(action, branch, alike=alike)))


def _block(body: Body, applied: _Applied) -> CurrentValue:
    """A block or net as a step."""
    layer, action, step = applied.layer, applied.action, applied.step
    definition = layer.target.definition if isinstance(layer.target, BlockTarget) else None
    if isinstance(definition, ast.BlockDef) and definition.inline:
        from netlang.elaborate.blocks.inline import without_level

        return without_level(body, layer, action, step.label, step.flow)
    path = next_path(body, step.label)
    if action.body is not None:
        from netlang.elaborate.blocks.inline import inline

        result, names = inline(body, layer, action, path, step.flow)
        if step.label is not None:  # its outputs have their labels already
            what = "a block with a body"
            body.builder.label(path, Labelled(result, step.span, what, path, outputs=names))
        return result
    result, callee = _instance(body, applied, path)
    names = () if callee is None else callee.deployed_names
    labelled = Labelled(result, step.span, "a block", path, layer, callee, names)
    return add_label(body, step.label, labelled)


def _instance(
    body: Body, applied: _Applied, path: LabelPath
) -> tuple[CurrentValue, Function | None]:
    """A call of a block's function, and the function; None if there was an error."""
    action, step = applied.action, applied.step
    values = arguments(body, applied.layer, action.span, step.flow)
    if step.flow is None:
        return None, None
    if not step.flow:
        raise NetlangError(nothing_to_read(body, action.span))
    call = applied.application(path, step.flow)
    elaborated = instances.function(body, call, values)
    if elaborated is None:
        return None, None
    body.builder.claim(path, action.span)
    return instances.call(body, elaborated, call, values), elaborated.function
