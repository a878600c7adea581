"""`reuse head`: applies an instance again, with the same weights."""

from __future__ import annotations

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.blocks import instances
from netlang.elaborate.blocks.parameters import arguments
from netlang.elaborate.body import Body
from netlang.elaborate.function.application import Application, StepContext
from netlang.elaborate.function.builder import CurrentValue, Labelled
from netlang.elaborate.operators import add_label, next_path, operator_node
from netlang.elaborate.references import has_failed, parts_of
from netlang.evaluate.binding import argument_spans
from netlang.ir.op import Op, Rejection
from netlang.ir.program import Function
from netlang.ir.types import Types
from netlang.ir.weights import Weight
from netlang.records import replace
from netlang.syntax import ast

__all__ = ["reuse"]


def reuse(body: Body, action: ast.Reuse, step: StepContext) -> CurrentValue:
    """Apply the labelled instance again, with its weights."""
    label = ".".join(parts_of(body, action.label))
    found = _labelled(body, action)
    path = next_path(body, step.label)
    if found.flow is None or step.flow is None:
        return add_label(body, step.label, Labelled(None, action.span, "a reuse", path))
    if found.layer is None or found.callee is None:
        raise NetlangError(
            language.NotAnInstance(span=action.label.span, label=label, what=found.what)
        )
    call = Application(
        found.layer,
        argument_spans(found.layer),
        path,
        step.flow,
        action.span,
        action.span,
        action.span,
        owner=found.path,
    )
    if isinstance(found.callee, Op):
        result = _operator(body, found, found.callee, action, call)
        # With the names of its outputs; the new label can't be reused as an instance.
        labelled = Labelled(result, action.span, "a value", path, callee=found.callee)
        return add_label(body, step.label, labelled)
    values = arguments(body, found.layer, action.span, step.flow)
    elaborated = instances.function(body, call, values)
    if elaborated is None:
        return None
    _same_weights(label, action, _weights(found.callee), _weights(elaborated.function))
    body.builder.claim(path, action.span)
    result = instances.call(body, elaborated, call, values)
    function = elaborated.function
    names = function.deployed_names
    labelled = Labelled(result, action.span, "a value", path, callee=function, outputs=names)
    return add_label(body, step.label, labelled)


def _operator(
    body: Body, found: Labelled, op: Op, action: ast.Reuse, call: Application
) -> CurrentValue:
    """The operator once more, with its weights: its own, those of others, and values."""
    inputs = tuple(body.builder.type_of(ref) for ref in call.inputs)
    first = body.builder.node_at(".".join(found.path))
    there = op.weights(tuple(body.builder.type_of(ref) for ref in first.inputs))
    if _takes(op, inputs):  # if it doesn't, `operator_node` says why
        _same_weights(".".join(parts_of(body, action.label)), action, there, op.weights(inputs))
    further = first.inputs[len(first.inputs) - len(op.given) :]
    call = replace(call, inputs=(*call.inputs, *further), tied=first.tied)
    return operator_node(body, op, call)


def _takes(op: Op, inputs: Types) -> bool:
    """Whether an operator is right for its own inputs, if it reads any."""
    own = replace(op, given=())
    try:
        return not own.takes(len(inputs)) or bool(own.infer(inputs).outputs)
    except Rejection:
        return False


def _labelled(body: Body, action: ast.Reuse) -> Labelled:
    """What the label stands for. Raises `NetlangError` if it is unknown."""
    wanted = parts_of(body, action.label)
    found = body.find(wanted)
    if found is not None:
        body.report_part(found, action.label.span, again=True)
        return found
    if has_failed(body, wanted):
        raise NetlangError
    text, span = ".".join(wanted), action.label.span
    fix = fixes.replacement(text, body.values.label_names(), span)
    raise NetlangError(language.UnknownLabel(span=span, label=text, fix=fix))


def _weights(function: Function) -> tuple[Weight, ...]:
    """All weights of a function by their path in it."""
    found: list[Weight] = []
    for node in function.nodes:
        if node.reuses:
            continue
        if isinstance(node.callee, Function):
            own = _weights(node.callee)
        else:
            own = node.callee.weights(function.input_types(node))
        found += [replace(weight, name=f"{node.path}.{weight.name}") for weight in own]
    return tuple(found)


def _same_weights(
    label: str, action: ast.Reuse, there: tuple[Weight, ...], here: tuple[Weight, ...]
) -> None:
    for one, two in zip(there, here, strict=False):
        if one.name != two.name or one.shape != two.shape:
            raise NetlangError(
                language.WeightsDiffer(
                    span=action.span,
                    label=label,
                    weight=one.name,
                    expected=str(list(one.shape)),
                    actual=str(list(two.shape)),
                )
            )
