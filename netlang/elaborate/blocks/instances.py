"""Blocks with their arguments: elaborated once for each kind of input, called everywhere."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Frame as ChainLink
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.inputs import WrongInputCount
from netlang.diagnostics.language.names import Recursion, TooDeep
from netlang.elaborate.blocks.parameters import own_names, target_of
from netlang.elaborate.body import Body, LabelledValues
from netlang.elaborate.function.builder import FunctionBuilder, Path
from netlang.elaborate.function.finish import finish
from netlang.elaborate.function.frame import Frame
from netlang.elaborate.session import Made, Shared
from netlang.evaluate.nesting import DEEPEST_BLOCK
from netlang.evaluate.values import BlockTarget, Layer, Value, memo_key
from netlang.ir.program import INPUT, Output, Port, Ref
from netlang.ir.provenance import InputOrigin, ParameterOrigin, Traced, retrace
from netlang.ir.types import TensorType, Types
from netlang.modules.mentions import mentions_itself
from netlang.source import Span
from netlang.syntax import ast

__all__ = [
    "call",
    "count_inputs",
    "function",
    "refuse_endless",
]


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
    names = own_names(target, values)
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
