"""Blocks with their arguments: elaborated once for each kind of input, called everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netlang.diagnostics.core import Fix, NetlangError
from netlang.diagnostics.core import Frame as ChainLink
from netlang.diagnostics.names import Recursion, TooDeep
from netlang.diagnostics.structure import (
    BodyNotAllowed,
    InputNotUsed,
    NoOutput,
    StepWithoutEffect,
    WrongInputCount,
)
from netlang.diagnostics.values import MissingArgument
from netlang.elaborate.builder import Flow, FunctionBuilder, Labelled, Path
from netlang.elaborate.context import Made
from netlang.elaborate.depth import DEEPEST_BLOCK
from netlang.elaborate.environment import Environment
from netlang.elaborate.expressions import Evaluator
from netlang.elaborate.fix_bodies import steps_after
from netlang.elaborate.fix_names import dead_step
from netlang.elaborate.fixes import enclosing, without_statement
from netlang.elaborate.liveness import Liveness
from netlang.elaborate.values import BlockTarget, Layer, Value, memo_key
from netlang.ir.program import INPUT, Function, Output, Port, Ref
from netlang.ir.provenance import InputOrigin, ParameterOrigin, Traced, retrace
from netlang.ir.types import TensorType, Types
from netlang.source import Span
from netlang.syntax import ast

if TYPE_CHECKING:
    from netlang.elaborate.body import Body
    from netlang.elaborate.context import Shared

__all__ = ["arguments", "call", "finish", "function", "inline", "own", "parameters"]


def arguments(body: Body, applied: Layer, span: Span, flow: Flow) -> dict[str, Value]:
    """The value of every parameter of a block, defaults evaluated, in the caller's terms."""
    return parameters(_target(applied), applied, span, _entry(body, flow))


def parameters(
    target: BlockTarget, applied: Layer, span: Span, entry: _Entry | None
) -> dict[str, Value]:
    """The values of the parameters: those given, then defaults, which may use earlier ones."""
    names = Environment(target.module.find)
    evaluator = Evaluator(names, entry)
    if entry is not None:
        evaluator.pins = entry.pins
    given = dict(applied.arguments)
    values: dict[str, Value] = {}
    for parameter in target.definition.parameters:
        if parameter.name in given:
            value = given[parameter.name].value
        elif parameter.default is not None:
            value = evaluator.value(parameter.default)
        else:
            raise NetlangError(
                MissingArgument(
                    span=span,
                    callee=applied.name,
                    name=parameter.name,
                    description="it has no default",
                )
            )
        values[parameter.name] = value
        names.assign(parameter.name, value, parameter.name_span)
    return values


class _Entry:
    """What a default can read besides names: the block's input."""

    def __init__(self, body: Body, flow: tuple[Ref, ...]) -> None:
        self._body = body
        self._flow = flow
        self.pins = body.evaluator.pins

    def tensor(self, name: str) -> TensorType | None:
        return None

    def input_type(self, span: Span) -> TensorType:
        return self._body.builder.type_of(self._flow[0])

    def label_names(self) -> Iterator[str]:
        return iter(())


def _entry(body: Body, flow: Flow) -> _Entry | None:
    return _Entry(body, flow) if flow else None


def _target(applied: Layer) -> BlockTarget:
    if not isinstance(applied.target, BlockTarget):
        raise TypeError(f"{applied.name} is no block")
    return applied.target


def function(
    body: Body,
    applied: Layer,
    values: dict[str, Value],
    flow: tuple[Ref, ...],
    span: Span,
    path: Path,
) -> Made | None:
    """The function of a block for these arguments and inputs; None if its body was in error."""
    shared, target = body.shared, _target(applied)
    inputs = tuple(body.builder.type_of(ref) for ref in flow)
    _count_inputs(target, len(flow), span)
    key = (id(target.definition), memo_key(tuple(values.values())), inputs)
    if key not in shared.functions:
        _refuse_endless(shared, target, span, key)
        what = " ".join(span.text.split())
        link = ChainLink(
            span, what if len(what) < 60 else what[:57] + "...", ".".join(path), body.frame.shown
        )
        shared.active.append(target.definition)
        shared.building.add(key)
        with shared.instance(link):
            shared.functions[key] = _elaborate(shared, target, values, inputs)
        shared.building.discard(key)
        shared.active.pop()
    return shared.functions[key]


def _count_inputs(target: BlockTarget, actual: int, span: Span) -> None:
    """A block takes as many inputs as it declares, and one if it declares none."""
    statements = target.definition.body.statements
    wanted = max(1, sum(isinstance(statement, ast.Input) for statement in statements))
    if wanted != actual:
        expected = "1 input" if wanted == 1 else f"{wanted} inputs"
        raise NetlangError(
            WrongInputCount(span=span, name=target.name, expected=expected, actual=str(actual))
        )


def _refuse_endless(shared: Shared, target: BlockTarget, span: Span, key: object = None) -> None:
    """Recursion has no place in the language; blocks passed to blocks may still go deep."""
    if len(shared.active) >= DEEPEST_BLOCK:
        raise NetlangError(TooDeep(span=span, limit=DEEPEST_BLOCK))
    endless = target.definition in shared.active and target.module.mentions_itself(
        target.definition
    )
    if endless or key in shared.building:
        raise NetlangError(Recursion(span=span, name=target.name))


def _elaborate(
    shared: Shared, target: BlockTarget, values: dict[str, Value], inputs: Types
) -> Made | None:
    """The body of a block as a function of its own."""
    from netlang.elaborate.body import Body, Frame

    definition = target.definition
    names = Environment(target.module.find)
    for parameter in definition.parameters:
        names.assign(
            parameter.name, own(parameter.name, values[parameter.name]), parameter.name_span
        )
    types = tuple(_own_type(index, type_) for index, type_ in enumerate(inputs))
    builder = FunctionBuilder(definition.name, definition.name_span, definition.span)
    builder.inputs = [
        Port("in" if len(types) == 1 else f"in{index}", type_) for index, type_ in enumerate(types)
    ]
    entry = tuple(Ref(INPUT, index) for index in range(len(types)))
    frame = Frame(
        definition.name, isinstance(definition, ast.NetDef), entry, types, doc=definition.doc
    )
    evaluator = Evaluator(names)
    body = Body(shared, builder, frame, evaluator, target.module, flow=entry)
    evaluator.labels = body
    errors = len(shared.diagnostics)
    flow = body.run(definition.body)
    if flow is None or len(shared.diagnostics) > errors:
        return None
    made = finish(body, flow, values)
    return None if len(shared.diagnostics) > errors else made


def own(name: str, value: Value) -> Value:
    """A parameter's value in the block's own terms."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Traced(int(value), ParameterOrigin(name))
    return value


def _own_type(index: int, type_: TensorType) -> TensorType:
    sizes = tuple(
        Traced(int(size), InputOrigin(index, axis)) if isinstance(size, int) else size
        for axis, size in enumerate(type_.shape)
    )
    return type_.with_shape(*sizes)


def finish(body: Body, flow: tuple[Ref, ...], values: dict[str, Value]) -> Made:
    """The function that a body has built: outputs named, dead steps reported."""
    builder, shared = body.builder, body.shared
    outputs = tuple(builder.outputs)
    if all(output.auxiliary for output in outputs):
        outputs = (*_last(body, flow), *outputs)
    if body.frame.given is None and not builder.items:
        raise NetlangError(NoOutput(span=builder.span, name=builder.name))
    items = tuple(builder.items)
    liveness = Liveness(items, outputs)
    for node in liveness.dead():
        fix = dead_step(body.module.file, node.span)
        shared.report(NetlangError(StepWithoutEffect(span=node.span, fix=fix)))
    if body.frame.given is None:
        for index, port in enumerate(builder.inputs):
            if not liveness.reads_input(index) and not shared.diagnostics:
                span = builder.labels[(port.name,)].span
                line = enclosing(body.module.file, span, ast.Input)
                fix = Fix("use it, or remove it", (without_statement(line.span),)) if line else None
                shared.report(NetlangError(InputNotUsed(span=span, name=port.name, fix=fix)))
    pins = frozenset(body.evaluator.pins)
    made = Function(
        builder.name,
        values,
        tuple(builder.inputs),
        liveness.marked(),
        outputs,
        builder.span,
        body.frame.doc,
        frozenset(pin.name for pin in pins if isinstance(pin, ParameterOrigin)),
        builder.extent,
    )
    return Made(made, pins)


def _last(body: Body, flow: tuple[Ref, ...]) -> tuple[Output, ...]:
    """The last value as the output, or outputs by the labels that name them."""
    if len(flow) == 1:
        return (Output("output", flow[0]),)
    names = {labelled.flow[0]: path[-1] for path, labelled in body.builder.labels.items()
             if labelled.flow is not None and len(labelled.flow) == 1}  # fmt: skip
    return tuple(Output(names.get(ref, f"output{i}"), ref) for i, ref in enumerate(flow))


def call(
    body: Body,
    made: Made,
    values: dict[str, Value],
    flow: tuple[Ref, ...],
    span: Span,
    path: Path,
    written: tuple[tuple[str, Span], ...],
    module: Path | None = None,
) -> tuple[Ref, ...]:
    """One node that calls a function; its deployed outputs.

    Auxiliary outputs of the callee become auxiliary outputs of the caller, under the call's path.
    """
    builder = body.builder
    shapes = tuple(builder.type_of(ref).shape for ref in flow)
    _pin(body, made, values, shapes)
    types = tuple(
        type_.with_shape(*(retrace(size, values, shapes) for size in type_.shape))
        for type_ in made.function.output_types
    )
    refs = builder.add(path, made.function, flow, types, span, module, values, written)
    deployed = []
    for output, ref in zip(made.function.outputs, refs, strict=True):
        if output.auxiliary:
            builder.outputs.append(Output(".".join((*path, output.name)), ref, auxiliary=True))
        else:
            deployed.append(ref)
    return tuple(deployed)


def _pin(
    body: Body, made: Made, values: dict[str, Value], shapes: tuple[tuple[object, ...], ...]
) -> None:
    """What pins the callee pins the numbers of the caller that it got."""
    for pin in made.pins:
        if isinstance(pin, ParameterOrigin):
            body.evaluator.pin(values[pin.name])
        else:
            size = shapes[pin.index][pin.axis]
            if isinstance(size, Traced):
                body.evaluator.pin(size)


def inline(body: Body, applied: Layer, action: ast.Apply, path: Path, flow: Flow) -> Flow:
    """A block that is given a body: its own steps under its label, the body's where they stand."""
    from netlang.elaborate.body import Body as Inner
    from netlang.elaborate.body import Frame

    target, shared = _target(applied), body.shared
    values = arguments(body, applied, action.span, flow)
    _refuse_endless(shared, target, action.span)
    names = Environment(target.module.find)
    for parameter in target.definition.parameters:
        names.assign(parameter.name, values[parameter.name], parameter.name_span)
    given = None if flow is None else tuple(body.builder.type_of(ref) for ref in flow)
    if given is not None:
        _count_inputs(target, len(given), action.span)
    suite, builder = action.body, body.builder
    assert suite is not None
    outputs, labels = builder.outputs, len(builder.labels)

    def closure(current: Flow, span: Span) -> Flow:
        own, builder.outputs = builder.outputs, outputs
        result = body.inner(flow=current).run(suite)
        builder.outputs = own
        return result

    is_net = isinstance(target.definition, ast.NetDef)
    frame = Frame(target.name, is_net, flow, given or (), closure=closure, root=path)
    evaluator = Evaluator(names, pins=body.evaluator.pins)
    inner = Inner(shared, builder, frame, evaluator, target.module, path, flow)
    evaluator.labels = inner
    builder.claim(path, action.span, scope=True)
    builder.outputs = []
    shared.active.append(target.definition)
    with shared.instance(ChainLink(action.span, target.name, ".".join(path), body.frame.shown)):
        result = inner.run(target.definition.body)
    shared.active.pop()
    taps, builder.outputs = builder.outputs, outputs
    builder.forget(path, labels)
    result = _taken(builder, taps, path, action.span) or result
    if not frame.applied:
        why = "its body doesn't apply `body`"
        fix = steps_after(action)
        raise NetlangError(BodyNotAllowed(span=suite.span, name=target.name, why=why, fix=fix))
    return result


def _taken(builder: FunctionBuilder, taps: list[Output], path: Path, span: Span) -> Flow:
    """The outputs that an inlined block declared: its value, and those of training the caller's."""
    deployed = [tap for tap in taps if not tap.auxiliary]
    for tap in taps:
        where = (*path, tap.name)
        if tap.auxiliary:
            builder.outputs.append(Output(".".join(where), tap.ref, auxiliary=True))
        elif len(deployed) > 1:
            builder.label(where, Labelled((tap.ref,), span, "an output", where))
    return tuple(tap.ref for tap in deployed)
