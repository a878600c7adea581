"""The end of a body: turns what was built into a function.

On exit, every node and every input of a net leads to an output, or was reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Fix
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import FunctionBuilder
from netlang.elaborate.function.liveness import Liveness
from netlang.elaborate.session import ElaboratedFunction
from netlang.evaluate.values import Value
from netlang.ir.constraints import Constraint
from netlang.ir.numbers.provenance import InputOrigin, Traced
from netlang.ir.program import Condition, Function, Output, Ref
from netlang.records import replace
from netlang.syntax import ast

__all__ = ["finish"]


def finish(body: Body, flow: tuple[Ref, ...], values: dict[str, Value]) -> ElaboratedFunction:
    """The function that a body has built, with outputs named and dead steps reported."""
    builder, session = body.builder, body.session
    outputs = tuple(builder.outputs.values())
    if all(output.auxiliary for output in outputs):
        outputs = (*_last(body, flow), *outputs)
    if body.block.given is None and not builder.items:
        raise NetlangError(language.NoOutput(span=builder.span, name=builder.name))
    items = tuple(builder.items)
    liveness = Liveness(items, outputs)
    for node in liveness.dead():
        fix = fixes.dead_step(body.module.file, node.span)
        session.report(NetlangError(language.StepWithoutEffect(span=node.span, fix=fix)))
    if body.block.given is None:
        _report_unread(body, liveness)
    pins = body.evaluator.pins
    function = Function(
        builder.name,
        values,
        tuple(builder.inputs),
        liveness.marked(),
        outputs,
        builder.span,
        body.block.doc,
        frozenset(pin.name for pin in pins.leaves if not isinstance(pin, InputOrigin)),
        builder.extent,
        tuple(pins.conditions),
        tuple(_size_names(body)),
    )
    session.refuse_endless(function)
    types = tuple([builder.type_of(output.ref) for output in outputs])
    return ElaboratedFunction(function, types, _conditions(builder, liveness))


def _report_unread(body: Body, liveness: Liveness) -> None:
    """Report the inputs of a net that nothing reads, unless there are other errors."""
    builder, session = body.builder, body.session
    for index, port in enumerate(builder.inputs):
        if not liveness.reads_input(index) and not session.diagnostics:
            span = builder.labels[(port.name,)].span
            line = fixes.enclosing(body.module.file, span, ast.Input)
            edits = (fixes.without_statement(line.span),) if line else ()
            fix = Fix("use it, or remove it", edits) if line else None
            session.report(NetlangError(language.InputNotUsed(span=span, name=port.name, fix=fix)))


def _size_names(body: Body) -> Iterator[tuple[InputOrigin, str]]:
    """The constants of a body that are sizes of its inputs: ``width = in.shape[2]``."""
    for name, (value, _) in body.evaluator.names.own.items():
        if type(value) is Traced and isinstance(value.origin, InputOrigin):
            yield value.origin, name


def _conditions(builder: FunctionBuilder, liveness: Liveness) -> tuple[Condition, ...]:
    """Each condition once; those that only training nodes need are auxiliary."""
    found: dict[Constraint, Condition] = {}
    for producer, condition in builder.conditions:
        deployed = producer is None or producer in liveness.deployed
        auxiliary = condition.auxiliary or not deployed
        known = found.get(condition.constraint)
        if known is None or (known.auxiliary and not auxiliary):
            found[condition.constraint] = replace(condition, auxiliary=auxiliary)
    return tuple(found.values())


def _last(body: Body, flow: tuple[Ref, ...]) -> Iterator[Output]:
    """The last value as the output, or several outputs by their labels.

    One whose name isn't its own is called by its place, `output0`, or by the next number that no
    output has.
    """
    if len(flow) == 1 and not body.builder.outputs:  # as nearly all
        yield Output("output", flow[0])
        return
    labels = {labelled.flow[0]: path[-1] for path, labelled in body.builder.labels.items()
              if labelled.flow is not None and len(labelled.flow) == 1}  # fmt: skip
    names = ["output"] if len(flow) == 1 else [labels.get(ref) for ref in flow]
    uses = Counter(names) + Counter(output.name for output in body.builder.outputs.values())
    number = 0
    for place, (own, ref) in enumerate(zip(names, flow, strict=True)):
        name = own
        if name is None or uses[name] > 1:
            number = max(number, place)
            while f"output{number}" in uses:
                number += 1
            name = f"output{number}"
            number += 1
        yield Output(name, ref)
