"""`reuse head`: an instance once more, with the weights that it has."""

from __future__ import annotations

from netlang.advice.nearest import replacement
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.names import UnknownLabel
from netlang.diagnostics.language.structure import NotAnInstance, WeightsDiffer
from netlang.elaborate.apply import counted_path, labelled_value, operator_node
from netlang.elaborate.blocks import instances
from netlang.elaborate.blocks.parameters import arguments as given_arguments
from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import Flow, Labelled, Path
from netlang.elaborate.references import has_failed, parts_of
from netlang.evaluate.binding import argument_spans
from netlang.ir.op import Op
from netlang.ir.program import Function
from netlang.ir.types import Types
from netlang.ir.weights import Weight
from netlang.records import replace
from netlang.syntax import ast

__all__ = ["reuse"]


def reuse(body: Body, action: ast.Reuse, parts: Path | None, flow: Flow) -> Flow:
    """`reuse head`: the labelled instance once more, with the weights that it has."""
    wanted = parts_of(body, action.label)
    found = body.find(wanted)
    text = ".".join(wanted)
    if found is None and has_failed(body, wanted):
        raise NetlangError
    if found is None:
        fix = replacement(text, body.values.label_names(), action.label.span)
        raise NetlangError(UnknownLabel(span=action.label.span, label=text, fix=fix))
    path = counted_path(body, parts)
    if found.flow is None or flow is None:
        return labelled_value(body, path, parts, Labelled(None, action.span, "a reuse", path))
    if found.layer is None or found.callee is None:
        raise NetlangError(NotAnInstance(span=action.label.span, label=text, what=found.what))
    inputs = tuple(body.builder.type_of(ref) for ref in flow)
    if isinstance(found.callee, Op):
        _same_weights(
            text,
            action,
            found.callee.weights(_inputs_of(body, found)),
            found.callee.weights(inputs),
        )
        result = operator_node(
            body, found.callee, found.layer, action, path, flow, module=found.path
        )
        return _value(body, path, parts, action, result, found.callee)
    arguments = given_arguments(body, found.layer, action.span, flow)
    made = instances.function(body, found.layer, arguments, flow, action.span, path)
    if made is None:
        return None
    _same_weights(text, action, _weights(found.callee), _weights(made.function))
    body.builder.claim(path, action.span)
    written = argument_spans(found.layer)
    result = instances.call(
        body, made, arguments, flow, action.span, path, written, module=found.path
    )
    return _value(body, path, parts, action, result, made.function)


def _value(
    body: Body,
    path: Path,
    parts: Path | None,
    action: ast.Reuse,
    result: Flow,
    callee: Op | Function,
) -> Flow:
    """What came out, with the names of its outputs; its label is no instance to reuse."""
    labelled = Labelled(result, action.span, "a value", path, callee=callee)
    return labelled_value(body, path, parts, labelled)


def _inputs_of(body: Body, found: Labelled) -> Types:
    """The input types of the step that a label stands for."""
    text = ".".join(found.path)
    refs = next(node.inputs for node in body.builder.plain_nodes() if node.path == text)
    return tuple(body.builder.type_of(ref) for ref in refs)


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
                WeightsDiffer(
                    span=action.span,
                    label=label,
                    weight=one.name,
                    expected=str(list(one.shape)),
                    actual=str(list(two.shape)),
                )
            )
