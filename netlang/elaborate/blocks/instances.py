"""Blocks with arguments: elaborated once for each combination of input types, then called."""

from __future__ import annotations

from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import ChainLink
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed
from netlang.elaborate.blocks.parameters import own_names, target_of
from netlang.elaborate.blocks.ports import input_names
from netlang.elaborate.body import Body, LabelledValues
from netlang.elaborate.function.application import Application
from netlang.elaborate.function.block_state import BlockState
from netlang.elaborate.function.builder import FunctionBuilder
from netlang.elaborate.function.finish import finish
from netlang.elaborate.session import ElaboratedFunction, ElaborationSession
from netlang.evaluate.nesting import DEEPEST_BLOCK
from netlang.evaluate.values import BlockTarget, Value, memo_key
from netlang.ir.dims import Dim
from netlang.ir.numbers.provenance import (
    MOST_OPERATORS,
    CallOrigin,
    InputOrigin,
    Traced,
)
from netlang.ir.numbers.retracing import Retracing
from netlang.ir.program import INPUT, Function, Output, Port, Ref
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

# Characters of a call as messages show it.
_LONGEST_CALL = 60


def function(body: Body, step: Application, values: dict[str, Value]) -> ElaboratedFunction | None:
    """The function of a block for these arguments and inputs; None if its body had an error."""
    session, target = body.session, target_of(step.layer)
    inputs = tuple(map(body.builder.type_of, step.inputs))
    count_inputs(body, target, values, len(inputs), step.span)
    key = (id(target.definition), memo_key(tuple(values.values())), inputs)
    if key in session.functions:
        return session.functions[key]
    refuse_endless(session, target, step.span, key)
    session.active.append(target.definition)
    session.building.add(key)
    session.links.append(_link(body, step))
    try:
        made = session.functions[key] = _elaborate(body, target, values, inputs)
    finally:
        session.links.pop()
        session.building.discard(key)
        session.active.pop()
    return made


def _link(body: Body, step: Application) -> ChainLink:
    """How messages name the step on the way to something inside it."""
    what = " ".join(step.span.text.split())
    shown = what if len(what) < _LONGEST_CALL else what[: _LONGEST_CALL - 3] + "..."
    return ChainLink(step.span, shown, ".".join(step.path), body.block.shown)


def count_inputs(
    body: Body, target: BlockTarget, values: dict[str, Value], actual: int, span: Span
) -> None:
    """Check that a block gets as many inputs as it declares, or one if it declares none."""
    names = input_names(body, target, values)
    wanted = max(1, len(names or ()))
    if names is not None and wanted != actual:
        expected = "1 input" if wanted == 1 else f"{wanted} inputs ({listed(names)})"
        raise NetlangError(
            language.WrongInputCount(
                span=span, name=target.name, expected=expected, actual=str(actual)
            )
        )


def refuse_endless(
    session: ElaborationSession, target: BlockTarget, span: Span, key: object = None
) -> None:
    """Refuse recursion, which the language lacks; blocks passed to blocks may still nest deeply."""
    if len(session.active) >= DEEPEST_BLOCK:
        raise NetlangError(language.TooDeep(span=span, limit=DEEPEST_BLOCK))
    endless = target.definition in session.active and mentions_itself(
        target.module, target.definition
    )
    if endless or key in session.building:
        raise NetlangError(language.Recursion(span=span, name=target.name))


def _elaborate(
    caller: Body, target: BlockTarget, values: dict[str, Value], given: Types
) -> ElaboratedFunction | None:
    """The body of a block as a function of its own."""
    session = caller.session
    definition = target.definition
    names = own_names(target, values)
    types = tuple(_own_type(index, type_) for index, type_ in enumerate(given))
    inputs = [
        Port("in" if len(types) == 1 else f"in{index}", type_) for index, type_ in enumerate(types)
    ]
    builder = FunctionBuilder(definition.name, definition.name_span, definition.span, inputs)
    entry = tuple(Ref(INPUT, index) for index in range(len(types)))
    block = BlockState(
        definition.name, isinstance(definition, ast.NetDef), entry, types, doc=definition.doc
    )
    readable = LabelledValues(builder, block, target.module)
    body = Body.begin(caller.elaborator, names, readable, entry)
    failures = session.failures
    flow = body.run(definition.body)
    if flow is None or session.failures > failures:
        return None
    elaborated = finish(body, flow, values)
    return None if session.failures > failures else elaborated


def _own_type(index: int, type_: TensorType) -> TensorType:
    sizes = tuple(
        Traced(int(size), InputOrigin(index, axis), 0) if isinstance(size, int) else size
        for axis, size in enumerate(type_.shape)
    )
    return type_.with_shape(*sizes)


def call(
    body: Body, elaborated: ElaboratedFunction, step: Application, values: dict[str, Value]
) -> tuple[Ref, ...]:
    """Adds one node that calls a function; returns its deployed outputs.

    The callee's auxiliary outputs become auxiliary outputs of the caller, under the call's path.
    """
    builder, function = body.builder, elaborated.function
    shapes = tuple([builder.type_of(ref).shape for ref in step.inputs])
    builder.conditions += [(builder.size, condition) for condition in elaborated.conditions]
    retracing = Retracing(values, shapes)
    _pin(body, function, retracing)
    types = tuple(
        [
            type_.with_shape(*[_retraced(body, size, retracing) for size in type_.shape])
            for type_ in elaborated.types
        ]
    )
    deployed = []
    refs = builder.add(step.node(function, types, values))
    for output, ref in zip(function.outputs, refs, strict=True):
        if output.auxiliary:
            where = (*step.path, output.name)
            builder.outputs[where] = Output(".".join(where), ref, auxiliary=True)
        else:
            deployed.append(ref)
    return tuple(deployed)


def _retraced(body: Body, size: Dim, retracing: Retracing) -> Dim:
    """A size of a callee in the caller's terms; if it has too many operators, it is pinned."""
    if not isinstance(size, Traced):
        return size
    size = retracing.retrace(size)
    if isinstance(size, Traced) and size.operators > MOST_OPERATORS:
        body.evaluator.pin(size)
        return int(size)
    return size


def _pin(body: Body, function: Function, retracing: Retracing) -> None:
    """Record in the caller what the callee's numbers decided, as far as the caller gives them."""
    for condition in function.decided:
        outer = retracing.origin(condition)
        if isinstance(outer, CallOrigin):
            body.evaluator.pins.met(outer)
