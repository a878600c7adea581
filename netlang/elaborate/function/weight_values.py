"""Arguments that give a weight as a value: `weight=kernel`, `weight=wte.weight`.

A value without a batch axis becomes a further input of the step. A weight of another step is tied:
both steps have a key for it, and there is one tensor.
"""

from __future__ import annotations

from collections.abc import Mapping

from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import Labelled, LabelPath
from netlang.evaluate.labels import dotted_parts
from netlang.evaluate.values import Layer, OperatorTarget, describe, kind_of
from netlang.ir.arguments import signature
from netlang.ir.op import Op
from netlang.ir.program import Node, Ref, Tie
from netlang.ir.types import Types
from netlang.ir.weights import Weight
from netlang.ops.checks import shape_text
from netlang.records import Record, names_of
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["NOTHING_GIVEN", "WeightValues", "check_alone", "check_ties", "taken_out"]


class WeightValues(Record):
    """The weights that a step is given, by name: values, or weights of other steps."""

    refs: Mapping[str, Ref]
    ties: tuple[Tie, ...]
    spans: Mapping[str, Span]

    def names(self, op: Op) -> tuple[str, ...]:
        """The names of the values, in the order of the operator's weights."""
        return tuple(name for name in op.weight_values if name in self.refs)


NOTHING_GIVEN = WeightValues({}, (), {})


def taken_out(
    body: Body, layer: Layer, arguments: tuple[ast.Argument, ...]
) -> tuple[tuple[ast.Argument, ...], WeightValues]:
    """The other arguments, and the weights that these give as values."""
    names = layer.target.op.weight_values if isinstance(layer.target, OperatorTarget) else ()
    if not names or not [each for each in arguments if each.name in names]:
        return arguments, NOTHING_GIVEN
    rest, refs, ties, spans = list[ast.Argument](), {}, list[Tie](), {}
    for argument in arguments:
        name, value, span = argument.name or "", argument.value, argument.value.span
        if isinstance(value, ast.Spread) or name not in names:
            rest.append(argument)
            continue
        found = _found(body, value)
        if isinstance(found, Ref) and name not in spans:
            refs[name], spans[name] = found, span
        elif isinstance(found, Labelled) and name not in spans:
            weight = (_label(value) or ("",))[-1]
            ties.append(_tie(body, name, found, weight))
            spans[name] = span
        else:
            _refuse_number(body, layer, value, name)
            rest.append(argument)
    if not spans:  # `bias=false` is an argument like others
        return arguments, NOTHING_GIVEN
    return tuple(rest), WeightValues(refs, tuple(ties), spans)


def _found(body: Body, expr: ast.Expr) -> Ref | Labelled | None:
    """The value that an expression names, or the step whose weight it names."""
    if isinstance(expr, ast.In):
        return body.values.entry(expr.span)
    parts = _label(expr)
    if parts is None or _is_constant(body, expr, parts):
        return None
    found = body.find(parts)
    if found is not None:
        body.report_part(found, expr.span)
        if found.flow is None:
            raise NetlangError  # the step failed, which has been reported
        return found.flow[0] if len(found.flow) == 1 else None
    owner = body.find(parts[:-1]) if len(parts) > 1 else None
    if owner is not None and isinstance(owner.callee, Op) and owner.flow is not None:
        every = owner.callee.weights(_read(body, body.builder.node_at(".".join(owner.path))))
        # What a norm measures isn't a parameter, and can't become one.
        known = {each.name for each in every if not each.buffer}
        return owner if parts[-1] in known else None
    return None


def _label(expr: ast.Expr) -> LabelPath | None:
    """The parts of a label: a name with dots, or a text in quotes for what isn't one."""
    return tuple(expr.value.split(".")) if isinstance(expr, ast.String) else dotted_parts(expr)


def _is_constant(body: Body, expr: ast.Expr, parts: LabelPath) -> bool:
    """Whether a name stands for a compile-time value, which hides a label."""
    return not isinstance(expr, ast.String) and body.evaluator.names.find(parts[0]) is not None


def _read(body: Body, node: Node) -> Types:
    return tuple(body.builder.type_of(ref) for ref in node.inputs)


def _tie(body: Body, name: str, owner: Labelled, weight: str) -> Tie:
    """The tie to the step that has the tensor itself: not to one that is tied or reuses another."""
    node = body.builder.node_at(".".join(owner.path))
    while True:
        further = next((tie for tie in node.tied if tie.name == weight), None)
        if further is None and not node.reuses:
            return Tie(name, node.path, weight)
        path = node.module if further is None else further.module
        weight = weight if further is None else further.weight
        node = body.builder.node_at(path)


def check_ties(body: Body, op: Op, inputs: Types, values: WeightValues) -> None:
    """Raises `NetlangError` unless the tied weights exist and have one shape."""
    own = {each.name: each for each in op.weights(inputs)}
    for tie in values.ties:
        other = _weight_at(body, tie)
        mine = own.get(tie.name)
        if mine is None or mine.shape != other.shape:
            raise NetlangError(
                language.WeightShape(
                    span=values.spans[tie.name],
                    operator=op.name,
                    name=tie.name,
                    expected="no such weight" if mine is None else shape_text(mine.shape),
                    received=shape_text(other.shape),
                )
            )


def check_alone(op: Op, values: WeightValues) -> None:
    """Raises `NetlangError` if a weight is tied where a value leaves no layer to share it."""
    left = next((tie.name for tie in values.ties), None)
    name = next((each for each in values.refs if each == "weight"), None)
    if name is None and "bias" not in names_of(op):
        name = next(iter(values.refs), None)
    if left is not None and name is not None:
        span = values.spans[name]
        raise NetlangError(
            language.TiedBesideValue(span=span, operator=op.name, name=name, left=left)
        )


def _weight_at(body: Body, tie: Tie) -> Weight:
    node = body.builder.node_at(tie.module)
    assert isinstance(node.callee, Op)
    return next(each for each in node.callee.weights(_read(body, node)) if each.name == tie.weight)


def _refuse_number(body: Body, layer: Layer, expr: ast.Expr, name: str) -> None:
    """Refuse what isn't a value for a weight that only a value can be given for."""
    assert isinstance(layer.target, OperatorTarget)
    op = layer.target.op
    if name not in op.weight_values or any(item.name == name for item in signature(op)):
        return
    value = body.evaluator.value(expr)
    actual = f"{describe(value)}, {kind_of(value)}"
    raise NetlangError(
        language.NoValueForWeight(span=expr.span, operator=op.name, name=name, actual=actual)
    )
