"""One step applied: an operator, a merge, or a block."""

from __future__ import annotations

from functools import partial

from netlang.advice.bodies import input_earlier, steps_after
from netlang.advice.calls import refuse_call
from netlang.advice.edits import enclosing
from netlang.advice.layers import unknown_layer
from netlang.diagnostics.diagnostic import Label
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.inputs import WrongInputCount
from netlang.diagnostics.language.names import NotALayer
from netlang.diagnostics.language.structure import (
    BodyNotAllowed,
    NothingToRead,
)
from netlang.elaborate.blocks import instances
from netlang.elaborate.blocks.inline import inline
from netlang.elaborate.blocks.parameters import arguments as given_arguments
from netlang.elaborate.body import Body
from netlang.elaborate.branches import branches
from netlang.elaborate.function.builder import Flow, Labelled, Path
from netlang.evaluate.binding import argument_span, argument_spans, given, operator_of
from netlang.evaluate.values import BlockTarget, Broken, Layer, OperatorTarget, kind_of
from netlang.ir.op import Inferred, Op, Rejection
from netlang.ir.program import INPUT, Condition, Ref
from netlang.ir.provenance import Traced, names_in
from netlang.ir.types import DType, Types, float_type
from netlang.ops import operator, operator_names
from netlang.records import names_of, replace
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["counted_path", "labelled_value", "layer", "operator_node", "single"]


def layer(body: Body, action: ast.Apply, parts: Path | None, flow: Flow, span: Span) -> Flow:
    """`conv(64)`, `unit(64) { ... }`, `add { ... }`: what the step makes of `flow`.

    `parts` is the label, if the step has one, and `span` where to point for it.
    """
    applied = _resolve(body, action)
    if isinstance(applied.target, OperatorTarget):
        refuse_call(body.module.file, action, partial(_is_value, body))
    applied = given(applied, action.arguments or (), body.evaluator.value, action.span)
    if isinstance(applied.target, BlockTarget):
        return _block(body, applied, action, parts, flow, span)
    if action.body is not None:
        return _merge(body, applied, action, parts, flow, span)
    op = operator_of(applied, action.span)
    path = counted_path(body, parts)
    result = None
    if flow is not None:
        result = operator_node(body, op, applied, action, path, flow, label=span)
    return labelled_value(
        body, path, parts, Labelled(result, span, "an operator", path, applied, op)
    )


def single(body: Body, flow: Flow, span: Span, name: str) -> Ref:
    """The one ref of a flow; an error where there is none or several."""
    if flow is not None and len(flow) == 1:
        return flow[0]
    if not flow:
        raise NetlangError(nothing_to_read(body, span))
    raise NetlangError(
        WrongInputCount(span=span, name=name, expected="1 input", actual=str(len(flow)))
    )


def nothing_to_read(body: Body, span: Span) -> NothingToRead:
    """A step of a net that stands before its inputs."""
    suite = enclosing(body.module.file, span, ast.Suite)
    later = next((s for s in suite.statements if isinstance(s, ast.Input)), None) if suite else None
    if later is None:
        return NothingToRead(span=span)
    notes = (Label(later.name_span, "the input is declared only here"),)
    return NothingToRead(span=span, notes=notes, fix=input_earlier(body.module.file, later))


def _resolve(body: Body, action: ast.Apply) -> Layer:
    """The layer that a name stands for: of the spec, or an operator."""
    found = body.evaluator.names.find(action.name)
    if isinstance(found, Layer):
        return found
    if isinstance(found, Broken):
        raise NetlangError
    op = operator(action.name)
    if op is not None:
        return Layer(OperatorTarget(op))
    if found is not None:
        raise NetlangError(NotALayer(span=action.name_span, name=action.name, kind=kind_of(found)))
    if body.find((action.name,)) is not None:
        kind = "the label of a value"
        raise NetlangError(NotALayer(span=action.name_span, name=action.name, kind=kind))
    known = (*body.evaluator.names.names(), *body.module.names(), *operator_names())
    raise NetlangError(unknown_layer(body.module.file, action, known, body.values.label_names()))


def _is_value(body: Body, parts: Path) -> bool:
    """Whether a name in an expression is a labelled value: constants hide labels there."""
    return body.evaluator.names.find(parts[0]) is None and body.find(parts) is not None


def counted_path(body: Body, parts: Path | None) -> Path:
    """The path of the next counted step: its label, or its number."""
    number = body.builder.number(body.scope)
    return body.scope + (parts or (number,))


def labelled_value(body: Body, path: Path, parts: Path | None, labelled: Labelled) -> Flow:
    """Make the label of a step readable, and the names of its outputs."""
    if parts is not None:
        body.builder.label(path, labelled)
        for name, ref in zip(labelled.output_names, labelled.flow or (), strict=False):
            entry = Labelled((ref,), labelled.span, "an output", (*path, name))
            body.builder.label((*path, name), entry)
    return labelled.flow


def operator_node(
    body: Body,
    op: Op,
    applied: Layer,
    action: ast.Apply | ast.Reuse,
    path: Path,
    flow: tuple[Ref, ...],
    *,
    module: Path | None = None,
    label: Span | None = None,
) -> Flow:
    """One node for an operator."""
    if op.arity.maximum == 0:
        flow = ()
    if not op.arity.accepts(len(flow)):
        if not flow:
            raise NetlangError(nothing_to_read(body, action.span))
        raise NetlangError(
            WrongInputCount(
                span=action.span,
                name=op.name,
                expected=str(op.arity),
                actual=f"{len(flow)}",
            )
        )
    inputs = tuple(body.builder.type_of(ref) for ref in flow)
    span = action.name_span if isinstance(action, ast.Apply) else action.span
    inferred = infer(body, op, applied, flow, inputs, span)
    for constraint in inferred.constraints:
        body.require(constraint, span, body.builder.size)
    _pin_lost(body, op, inputs, inferred.outputs)
    where = label or action.span
    if op.arity.minimum > 1:
        body.builder.merge_path(path, where)
    else:
        body.builder.claim(path, where)
    written = argument_spans(applied)
    return body.builder.add(path, op, flow, inferred.outputs, action.span, module, written=written)


def infer(
    body: Body, op: Op, applied: Layer, flow: tuple[Ref, ...], inputs: Types, span: Span
) -> Inferred:
    """The operator's own rule; a rejection becomes a diagnostic with its places."""
    try:
        inferred = op.infer(inputs)
        _refuse_never(body, op, inputs, inferred, span)
        return _in_floats(body, inputs, inferred)
    except Rejection as refused:
        from netlang.advice.shapes import mended  # only here: it brings all errors of shapes

        in_numbers = _at_defaults(body, op, inputs)
        rejection = in_numbers or refused
        notes = tuple(
            _origin_note(body, ref, in_numbers=in_numbers is not None)
            for ref in dict.fromkeys(flow)
        )
        diagnostic = rejection.diagnostic(
            span=argument_span(applied, rejection.argument, span),
            notes=notes,
            **rejection.fields,  # type: ignore[arg-type]  # templates check their fields
        )
        origins = tuple(body.builder.origin(ref) for ref in flow)
        raise NetlangError(mended(diagnostic, body.module.file, span, origins)) from None


def _refuse_never(body: Body, op: Op, inputs: Types, inferred: Inferred, span: Span) -> None:
    """Raises the refusal in numbers where no size of the input meets a condition of the step."""
    defaults = {name: size.default for name, size in body.shared.sizes.items()}
    broken = [each for each in inferred.constraints if not each.holds(defaults)]
    if not broken:
        return
    from netlang.ir.sizes.contradictions import contradictions  # only here: it takes long to load

    if contradictions(Condition(each, span, ()) for each in broken):
        refused = _at_defaults(body, op, inputs)
        if refused is not None:
            raise refused


def _in_floats(body: Body, inputs: Types, inferred: Inferred) -> Inferred:
    """Learned tensors, and what is read from them alone, are of the net's own type of floats."""
    floats = body.shared.precision
    if floats is DType.FLOAT32 or float_type(inputs) is not None:
        return inferred
    outputs = tuple(
        replace(type_, dtype=floats) if type_.dtype.is_float else type_
        for type_ in inferred.outputs
    )
    return replace(inferred, outputs=outputs)


def _at_defaults(body: Body, op: Op, inputs: Types) -> Rejection | None:
    """The same refusal told in numbers: people think in 56, not in ``(H + 3)//4``."""
    try:
        op.infer(tuple(body.shared.at_defaults(type_) for type_ in inputs))
    except Rejection as rejection:
        return rejection
    return None


def _origin_note(body: Body, ref: Ref, *, in_numbers: bool) -> Label:
    """Where an input of a refused step comes from."""
    shape = body.builder.type_of(ref)
    if in_numbers:
        shape = body.shared.at_defaults(shape)
    where = body.builder.origin(ref)
    if ref.producer == INPUT and ref.output not in body.builder.input_spans:
        return Label(where, f"{shape} comes from here: the input of `{body.frame.name}`")
    return Label(where, f"{shape} comes from here")


def _pin_lost(body: Body, op: Op, inputs: Types, outputs: Types) -> None:
    """A traced number that an operator turned into a plain one decides more than can be told."""
    traced = [size for type in inputs for size in type.shape if isinstance(size, Traced)]
    if not any(names_in(size.origin) for size in traced):
        return
    fields = {getattr(op, name) for name in names_of(op)}
    for type_ in outputs:
        for size in type_.shape[:1]:
            if not isinstance(size, Traced) and size not in fields:
                for lost in traced:
                    body.evaluator.pin(lost)


def _merge(
    body: Body, applied: Layer, action: ast.Apply, parts: Path | None, flow: Flow, span: Span
) -> Flow:
    """`add { a; b }`: the branches, then the operator on what they end in."""
    op = operator_of(applied, action.span)
    if op.arity.maximum is not None and op.arity.maximum < 2:
        why = f"`{op.name}` takes {op.arity}; braces are for operators that merge branches"
        assert action.body is not None
        fix = steps_after(action)
        raise NetlangError(BodyNotAllowed(span=action.body.span, name=op.name, why=why, fix=fix))
    scope = body.scope + parts if parts else body.scope
    if parts:
        body.builder.claim(scope, span, scope=True)
    refs = branches(body, action, scope, flow)
    if refs is not None and len(refs) == 1 and op.arity.minimum > 1:
        path = scope
        return labelled_value(body, path, parts, Labelled(refs, span, "a value", path))
    path = counted_path(body, parts)
    result = None
    if refs is not None:
        result = operator_node(body, op, applied, action, path, refs, label=span)
    return labelled_value(body, path, parts, Labelled(result, span, "a merge", path, applied, op))


def _block(
    body: Body, applied: Layer, action: ast.Apply, parts: Path | None, flow: Flow, span: Span
) -> Flow:
    """A block or net as a step."""
    path = counted_path(body, parts)
    if action.body is not None:
        result = inline(body, applied, action, path, flow)
        return labelled_value(
            body, path, parts, Labelled(result, span, "a block with a body", path)
        )
    arguments = given_arguments(body, applied, action.span, flow)
    if flow is None:
        return labelled_value(body, path, parts, Labelled(None, span, "a block", path, applied))
    if not flow:
        raise NetlangError(nothing_to_read(body, action.span))
    made = instances.function(body, applied, arguments, flow, action.span, path)
    if made is None:
        return labelled_value(body, path, parts, Labelled(None, span, "a block", path, applied))
    body.builder.claim(path, action.span)
    written = argument_spans(applied)
    result = instances.call(body, made, arguments, flow, action.span, path, written)
    return labelled_value(
        body, path, parts, Labelled(result, span, "a block", path, applied, made.function)
    )
