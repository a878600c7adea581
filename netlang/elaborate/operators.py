"""Applies an operator: from its layer and the values that it reads to one node.

On exit, the types are those of the operator's own rule, or its rejection was raised with all the
relevant places.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic, Note
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.body import Body
from netlang.elaborate.function.application import Application
from netlang.elaborate.function.builder import CurrentValue, Labelled, LabelPath
from netlang.evaluate.values import describe
from netlang.ir.numbers.provenance import Traced, names_in
from netlang.ir.op import Inferred, Op, Rejection
from netlang.ir.program import INPUT, Condition, Ref
from netlang.ir.types import DType, TensorType, Types, float_type
from netlang.records import names_of, replace
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["add_label", "next_path", "nothing_to_read", "operator_node", "single"]

_LARGEST_HALF = 65_504
"""The largest number of float16 (IEEE 754)."""


def operator_node(body: Body, op: Op, step: Application) -> CurrentValue:
    """One node for an operator. Raises `NetlangError` if it doesn't accept its inputs."""
    if op.arity.maximum == 0:
        step = replace(step, inputs=())
    if not op.takes(len(step.inputs)):
        if not step.inputs:
            raise NetlangError(nothing_to_read(body, step.span))
        from netlang.advice.layers import projected_attention  # only here: an error

        expected, actual = str(op.arity), str(len(step.inputs))
        fewer = len(step.inputs) < op.arity.minimum
        fix = projected_attention(op.name, step.name) if fewer else None
        raise NetlangError(
            language.WrongInputCount(
                span=step.span, name=op.name, expected=expected, actual=actual, fix=fix
            )
        )
    builder = body.builder
    inputs = tuple([builder.type_of(ref) for ref in step.inputs])
    try:
        inferred = infer(body, op, step, inputs)
    except NetlangError as error:
        from netlang.elaborate.function.stand_in import stand_in

        other = stand_in(op, inputs)
        if other is None:
            raise
        body.session.report(fixes.numbered(body.module.file, error), mended=op.unwritten)
        op, inferred = other, other.infer(inputs)
        builder.stand_ins.add(".".join(step.path))
    if op.in_its_type and DType.FLOAT16 in (each.dtype for each in inferred.outputs):
        _report_beyond_half(body, op, step)
    for constraint in inferred.constraints:
        body.require(constraint, step.name, builder.size)
    _pin_lost(body, op, inputs, inferred.outputs)
    if op.arity.minimum > 1:
        builder.merge_path(step.path, step.label)
    else:
        builder.claim(step.path, step.label)
    return builder.add(step.node(op, inferred.outputs))


def infer(body: Body, op: Op, step: Application, inputs: Types) -> Inferred:
    """The operator's own rule; a rejection becomes a diagnostic with its places."""
    try:
        inferred = body.session.inference.of(op, inputs) if step.shared else op.infer(inputs)
        if inferred.constraints:
            _refuse_never(body, op, inputs, inferred, step.name)
        for type_ in inferred.outputs:
            if type_ not in inputs:
                body.session.refuse_uncountable(type_, step.name)
        return _in_floats(body, inputs, inferred)
    except Rejection as refused:
        in_numbers = _at_defaults(body, op, inputs)
        raise NetlangError(_refusal(body, step, refused, in_numbers)) from None


def _refusal(
    body: Body, step: Application, refused: Rejection, in_numbers: Rejection | None
) -> Diagnostic:
    """The diagnostic for a rejection, with the relevant places and a fix."""
    from netlang.advice.shapes import (  # only here: it brings all errors of shapes
        RefusedStep,
        with_fix,
    )
    from netlang.elaborate.function.lineage import paths_from_common  # only here: an error

    rejection = in_numbers or refused
    read = {ref: body.builder.type_of(ref) for ref in step.inputs}
    if in_numbers is not None:
        read = {ref: body.session.at_defaults(type_) for ref, type_ in read.items()}
    notes = tuple(_origin_note(body, ref, type_) for ref, type_ in read.items())
    diagnostic = rejection.diagnostic(
        span=step.written.get(rejection.argument or "", step.name),
        notes=notes,
        **rejection.fields,  # type: ignore[arg-type]  # templates check their fields
    )
    origins = tuple(body.builder.origin(ref) for ref in step.inputs)
    channels = tuple(
        type_.shape[0] for type_ in read.values() if type_.rank and isinstance(type_.shape[0], int)
    )
    paths = paths_from_common(body.builder, step.inputs) if len(step.inputs) > 1 else None
    refusal = RefusedStep(body.module.file, step.name, origins, channels, paths)
    return with_fix(diagnostic, refusal)


def _refuse_never(body: Body, op: Op, inputs: Types, inferred: Inferred, span: Span) -> None:
    """Raises the rejection in numbers if no input size meets a condition of the step."""
    defaults = {name: size.default for name, size in body.session.sizes.items()}
    broken = [each for each in inferred.constraints if not each.holds(defaults)]
    if not broken:
        return
    from netlang.ir.sizes.contradictions import contradictions  # only here: it takes long to load

    if contradictions(Condition(each, span, ()) for each in broken):
        refused = _at_defaults(body, op, inputs)
        if refused is not None:
            raise refused


def _in_floats(body: Body, inputs: Types, inferred: Inferred) -> Inferred:
    """Gives learned tensors, and values computed only from them, the net's floating-point type."""
    floats = body.session.precision
    if floats is DType.FLOAT32 or float_type(inputs) is not None:
        return inferred
    outputs = tuple(
        replace(type_, dtype=floats) if type_.dtype.is_float else type_
        for type_ in inferred.outputs
    )
    return replace(inferred, outputs=outputs)


def _report_beyond_half(body: Body, op: Op, step: Application) -> None:
    """The step has a type all the same, so that what follows is looked at."""
    for refused in _beyond_half(op):
        body.session.report(NetlangError(_refusal(body, step, refused, None)))


def _beyond_half(op: Op) -> Iterator[Rejection]:
    """Numbers beyond float16: PyTorch refuses them, or takes them for infinity."""
    for name in op.in_its_type:
        number = max(_numbers_in(getattr(op, name)), key=abs, default=0)
        if abs(number) > _LARGEST_HALF:
            yield Rejection(
                language.BadArgument,
                argument=name,
                callee=op.name,
                name=name,
                expected=f"a number from -{_LARGEST_HALF:,} to {_LARGEST_HALF:,}, those of float16",
                actual=f"{describe(number)}, in a net of float16",
            )


def _numbers_in(value: object) -> Iterator[float]:
    if isinstance(value, tuple):
        for each in value:
            yield from _numbers_in(each)
    elif isinstance(value, int | float):
        yield value


def _at_defaults(body: Body, op: Op, inputs: Types) -> Rejection | None:
    """The same rejection in numbers: people think in 56, not in ``(H + 3)//4``."""
    try:
        op.infer(tuple(body.session.at_defaults(type_) for type_ in inputs))
    except Rejection as rejection:
        return rejection
    return None


def _origin_note(body: Body, ref: Ref, type_: TensorType) -> Note:
    """A note on where an input of a refused step comes from."""
    where = body.builder.origin(ref)
    if ref.producer == INPUT and ref.output not in body.builder.input_spans:
        return Note(where, f"{type_} comes from here: the input of `{body.block.name}`")
    return Note(where, f"{type_} comes from here")


def _pin_lost(body: Body, op: Op, inputs: Types, outputs: Types) -> None:
    """Pin traced numbers that an operator turned into plain ones, since they affect more.

    A plain size that stood first before, or that the operator is given, isn't made of them, nor are
    numbers lost of which sizes of the outputs are made. What an operator keeps isn't lost.
    """
    if op.keeps_type:
        return
    firsts = [size for each in outputs for size in each.shape[:1] if not isinstance(size, Traced)]
    if not firsts:
        return
    traced = [size for type_ in inputs for size in type_.shape if isinstance(size, Traced)]
    if not any(names_in(size.origin) for size in traced):
        return
    known = {getattr(op, name) for name in names_of(op)}
    known |= {size for each in inputs for size in each.shape[:1] if not isinstance(size, Traced)}
    if all(size in known for size in firsts):
        return
    kept = {size.origin for each in outputs for size in each.shape if isinstance(size, Traced)}
    names = frozenset[str]().union(*map(names_in, kept))
    for lost in traced:
        if not names_in(lost.origin) <= names:
            body.evaluator.pin(lost)


def single(body: Body, flow: CurrentValue, span: Span, name: str) -> Ref:
    """The only ref of a flow; an error if there is none or more than one."""
    if flow is not None and len(flow) == 1:
        return flow[0]
    if not flow:
        raise NetlangError(nothing_to_read(body, span))
    raise NetlangError(
        language.WrongInputCount(span=span, name=name, expected="1 input", actual=str(len(flow)))
    )


def nothing_to_read(body: Body, span: Span) -> language.NothingToRead:
    """The error for a step of a net that comes before its inputs."""
    suite = fixes.enclosing(body.module.file, span, ast.Suite)
    later = next((s for s in suite.statements if isinstance(s, ast.Input)), None) if suite else None
    if later is None:
        return language.NothingToRead(span=span)
    notes = (Note(later.name_span, "the input is declared only here"),)
    return language.NothingToRead(
        span=span, notes=notes, fix=fixes.input_earlier(body.module.file, later)
    )


def next_path(body: Body, label: LabelPath | None) -> LabelPath:
    """The path of the next counted step: its label, or its number."""
    number = body.builder.number(body.scope)
    return body.scope + (label or (number,))


def add_label(body: Body, label: LabelPath | None, labelled: Labelled) -> CurrentValue:
    """Make a step's label, if any, and the names of its outputs readable."""
    if label is not None:
        path = labelled.path
        body.builder.label(path, labelled)
        for name, ref in zip(labelled.output_names, labelled.flow or (), strict=False):
            entry = Labelled((ref,), labelled.span, "an output", (*path, name))
            body.builder.label((*path, name), entry)
    return labelled.flow
