"""Elaborates a net, or a block by itself, with its arguments: from a layer to a program.

On exit, every type is known, every node leads to an output, and the conditions on the sizes can be
met.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.blocks.parameters import own_names, parameters
from netlang.elaborate.blocks.ports import declares_inputs
from netlang.elaborate.body import Body, LabelledValues
from netlang.elaborate.elaborator import StatementElaborator
from netlang.elaborate.function.block_state import BlockState
from netlang.elaborate.function.builder import FunctionBuilder
from netlang.elaborate.function.finish import finish
from netlang.elaborate.session import Abort, ElaborationSession
from netlang.evaluate.binding import argument_spans
from netlang.evaluate.nesting import room_for_nesting
from netlang.evaluate.values import BlockTarget, Layer
from netlang.ir.program import Program
from netlang.ir.sizes.contradictions import contradictions
from netlang.ir.sizes.kept import solved
from netlang.ir.sizes.solve import Solution
from netlang.ir.verification import asked
from netlang.records import no_collection
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["elaborate"]


def elaborate(
    applied: Layer,
    name: str,
    span: Span,
    doc: str | None = None,
    inputs: Sequence[ast.Input] | None = None,
) -> Program:
    """The net that `applied` stands for, as a program called `name`; with `inputs`, the block.

    Raises `NetlangError` with every error found; `span` is where the net was requested.
    """
    target = applied.target
    text = target.module.source.text if isinstance(target, BlockTarget) else ""
    session = ElaborationSession.for_text(text)
    program = None
    try:
        with room_for_nesting(), no_collection():
            if inputs is None:
                program = _net(session, applied, name, span, doc)
            else:
                from netlang.elaborate.blocks.alone import by_itself

                program = by_itself(StatementElaborator(session), applied, span, inputs)
    except NetlangError as error:
        session.report(error)
    if program is not None and not session.diagnostics:
        solution = solved(program, deployed=False)
        session.diagnostics += contradictions(program.conditions, solution)
    if program is not None and not session.diagnostics:
        found = solution.check(program.defaults)
        file = target.module.file if isinstance(target, BlockTarget) else None
        session.diagnostics += _with_defaults(found, solution, session, program, file)
    if program is None or session.diagnostics:
        raise NetlangError(*_in_order(session.diagnostics))
    if asked():
        from netlang.ir.verify import verify  # only here: few ask for it

        verify(program)
    return program


def _with_defaults(
    found: tuple[Diagnostic, ...],
    solution: Solution,
    session: ElaborationSession,
    program: Program,
    file: ast.File | None,
) -> Iterator[Diagnostic]:
    """Refused default sizes, with what to write instead."""
    if found:
        from netlang.advice.shapes import default_changed

        for each in found:
            meant = _meant(each.span, program, file) if file is not None and each.span else None
            yield default_changed(each, solution, session.sizes, meant)


def _meant(span: Span, program: Program, file: ast.File) -> Fix | None:
    """What a step of the net was probably meant to be, if it seems to be in PyTorch's order."""
    from netlang.advice.images import in_order

    for node in program.net.nodes:
        here = node.span.source is span.source and node.span.start <= span.start < node.span.end
        if here and node.inputs and span.source is file.span.source:
            channels = program.net.type_of(node.inputs[0]).channels
            return in_order(file, span, channels) if isinstance(channels, int) else None
    return None


def _in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """By file and position; those without a place come last."""

    def place(diagnostic: Diagnostic) -> tuple[bool, str, int]:
        span = diagnostic.span
        return (span is None, span.source.name if span else "", span.start if span else 0)

    return sorted(diagnostics, key=place)


def _may_have_inputs(definition: ast.BlockDef | ast.NetDef) -> bool:
    """Whether a net has inputs, or text with a mistake that may have been one.

    An input stands before the first step.
    """
    if declares_inputs(definition.body):
        return True
    first = True
    for each in definition.body.statements:
        if isinstance(each, ast.Unread) and (first or "input" in each.words):
            return True
        first = first and not isinstance(each, ast.Path)
    return False


def _net(
    session: ElaborationSession, applied: Layer, name: str, span: Span, doc: str | None
) -> Program | None:
    target = applied.target
    if not isinstance(target, BlockTarget):
        raise TypeError(f"{applied.name} isn't a net")
    definition = target.definition
    values = parameters(target, applied, span, None)
    names = own_names(target, values)
    builder = FunctionBuilder(name, definition.name_span, definition.span)
    block = BlockState(name, True, (), None, doc=doc or definition.doc or target.module.file.doc)
    readable = LabelledValues(builder, block, target.module)
    body = Body.begin(StatementElaborator(session), names, readable)
    session.active.append(definition)
    if not _may_have_inputs(definition):
        fix = fixes.first_input(definition.body)
        raise NetlangError(
            language.NoInput(span=definition.name_span, net=definition.name, fix=fix)
        )
    try:
        flow = body.run(definition.body)
    except Abort as abort:
        session.report(abort)
        return None
    if flow is None or session.failures:
        return None
    elaborated = finish(body, flow, values)
    sizes = tuple(session.sizes.values())
    conditions = elaborated.conditions
    return Program(
        name,
        elaborated.function,
        sizes,
        conditions,
        elaborated.function.doc,
        tuple(argument_spans(applied).items()),
    )
