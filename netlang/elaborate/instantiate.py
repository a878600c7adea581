"""Blocks with their arguments: elaborated once for each kind of input, called everywhere."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics.core import Frame as ChainLink
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.inputs import WrongInputCount
from netlang.diagnostics.names import Recursion, TooDeep
from netlang.diagnostics.values import MissingArgument
from netlang.elaborate.body import Body, LabelledValues
from netlang.elaborate.builder import Flow, FunctionBuilder, Path
from netlang.elaborate.context import Made, Shared
from netlang.elaborate.definitions.mentions import mentions_itself
from netlang.elaborate.depth import DEEPEST_BLOCK
from netlang.elaborate.environment import Environment
from netlang.elaborate.expressions import Evaluator
from netlang.elaborate.finish import finish
from netlang.elaborate.frame import Frame
from netlang.elaborate.values import BlockTarget, Layer, Value, memo_key
from netlang.ir.program import INPUT, Output, Port, Ref
from netlang.ir.provenance import InputOrigin, ParameterOrigin, Traced, retrace
from netlang.ir.types import TensorType, Types
from netlang.source import Span
from netlang.syntax import ast

__all__ = [
    "arguments",
    "call",
    "count_inputs",
    "function",
    "own",
    "parameters",
    "refuse_endless",
    "target_of",
]


def arguments(body: Body, applied: Layer, span: Span, flow: Flow) -> dict[str, Value]:
    """The value of every parameter of a block, defaults evaluated, in the caller's terms.

    Numbers inside a list or a layer are plain: the block could only tell them in its own terms.
    """
    values = parameters(target_of(applied), applied, span, _entry(body, flow))
    return {
        name: body.evaluator.pin(value) if isinstance(value, tuple | Layer) else value
        for name, value in values.items()
    }


def parameters(
    target: BlockTarget, applied: Layer, span: Span, entry: _Entry | None
) -> dict[str, Value]:
    """The values of the parameters: those given, then defaults, which may use earlier ones."""
    names = Environment(target.module.find)
    evaluator = Evaluator(names, entry, entry.pins if entry is not None else set())
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

    def tensor(self, *parts: str) -> TensorType | None:
        return None

    def input_type(self, span: Span) -> TensorType:
        return self._body.builder.type_of(self._flow[0])

    def label_names(self) -> Iterator[str]:
        return iter(())


def _entry(body: Body, flow: Flow) -> _Entry | None:
    return _Entry(body, flow) if flow else None


def target_of(applied: Layer) -> BlockTarget:
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
    shared, target = body.shared, target_of(applied)
    inputs = tuple(body.builder.type_of(ref) for ref in flow)
    count_inputs(target, len(flow), span)
    key = (id(target.definition), memo_key(tuple(values.values())), inputs)
    if key not in shared.functions:
        refuse_endless(shared, target, span, key)
        what = " ".join(span.text.split())
        link = ChainLink(
            span, what if len(what) < 60 else what[:57] + "...", ".".join(path), body.frame.shown
        )
        shared.active.append(target.definition)
        shared.building.add(key)
        with shared.instance(link):
            shared.functions[key] = _elaborate(body, target, values, inputs)
        shared.building.discard(key)
        shared.active.pop()
    return shared.functions[key]


def count_inputs(target: BlockTarget, actual: int, span: Span) -> None:
    """A block takes as many inputs as it declares, and one if it declares none."""
    statements = target.definition.body.statements
    if any(isinstance(statement, ast.Unread) for statement in statements):
        return  # which may be an input
    wanted = max(1, sum(isinstance(statement, ast.Input) for statement in statements))
    if wanted != actual:
        expected = "1 input" if wanted == 1 else f"{wanted} inputs"
        raise NetlangError(
            WrongInputCount(span=span, name=target.name, expected=expected, actual=str(actual))
        )


def refuse_endless(shared: Shared, target: BlockTarget, span: Span, key: object = None) -> None:
    """Recursion has no place in the language; blocks passed to blocks may still go deep."""
    if len(shared.active) >= DEEPEST_BLOCK:
        raise NetlangError(TooDeep(span=span, limit=DEEPEST_BLOCK))
    endless = target.definition in shared.active and mentions_itself(
        target.module, target.definition
    )
    if endless or key in shared.building:
        raise NetlangError(Recursion(span=span, name=target.name))


def _elaborate(
    caller: Body, target: BlockTarget, values: dict[str, Value], inputs: Types
) -> Made | None:
    """The body of a block as a function of its own."""
    shared = caller.shared
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
    readable = LabelledValues(builder, frame, target.module)
    body = Body.begin(caller.elaborator, shared, names, readable, entry)
    failures = shared.failures
    flow = body.run(definition.body)
    if flow is None or shared.failures > failures:
        return None
    made = finish(body, flow, values)
    return None if shared.failures > failures else made


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
    builder.conditions += [(builder.size, condition) for condition in made.conditions]
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
