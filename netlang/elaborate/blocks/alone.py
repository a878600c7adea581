"""A block by itself, given inputs of types that are written like those of a net.

On exit, the program's net is the function of the block, as a call of it would have.
"""

from __future__ import annotations

from collections.abc import Sequence

from netlang import diagnostics
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed
from netlang.elaborate.blocks import instances
from netlang.elaborate.blocks.parameters import arguments, defaults, target_of
from netlang.elaborate.blocks.ports import input_names
from netlang.elaborate.body import Body, Elaborator, LabelledValues
from netlang.elaborate.function.application import Application
from netlang.elaborate.function.block_state import BlockState
from netlang.elaborate.function.builder import FunctionBuilder
from netlang.elaborate.inputs import declare
from netlang.evaluate.environment import Environment
from netlang.evaluate.values import Layer
from netlang.ir.program import NO_ARGUMENTS, Program
from netlang.source import Source, Span
from netlang.syntax import ast
from netlang.syntax.lalr import Stuck, parse_part
from netlang.syntax.limits import Mistake

__all__ = ["by_itself", "input_line"]


def input_line(number: int, text: str) -> ast.Input:
    """The type of a block's input, as an `input` line. Raises `NetlangError` if it is none."""
    start = f"input x{number}: "
    source = Source(f"<input {number}>", f"{start}{text}")
    whole, name = Span(source, 0, len(source.text)), Span(source, 6, len(start) - 2)
    try:
        type_ = parse_part(source, "type_spec", len(start), len(source.text))
    except (Stuck, Mistake):
        type_ = None
    if not isinstance(type_, ast.TypeSpec):
        raise NetlangError(diagnostics.BadInputType(span=None, text=text))
    return ast.Input(whole, ast.LabelPart(name, (name.text,), False), type_)


def by_itself(
    elaborator: Elaborator, applied: Layer, span: Span, inputs: Sequence[ast.Input]
) -> Program | None:
    """A block as a program; None if there were errors, which the session has."""
    target, session = target_of(applied), elaborator.session
    definition = target.definition
    name = definition.name_span
    builder = FunctionBuilder(definition.name, name, definition.span)
    block = BlockState(definition.name, False, (), None)
    readable = LabelledValues(builder, block, target.module)
    body = Body.begin(elaborator, Environment(target.module.find), readable)
    for each in inputs:
        body.flow = declare(body, each)
    flow = body.flow or ()
    if not flow:
        names = [each.name for each in definition.body.statements if isinstance(each, ast.Input)]
        raise NetlangError(_inputs_missing(definition.name, names))
    values = arguments(body, applied, span, flow)
    wanted = input_names(body, target, values)
    if wanted is not None and len(flow) != max(1, len(wanted)):
        raise NetlangError(_inputs_missing(definition.name, wanted))
    call = Application(applied, NO_ARGUMENTS, (definition.name,), flow, span, name, name)
    elaborated = instances.function(body, call, values)
    if elaborated is None:
        return None
    function = elaborated.function
    own = defaults(target, values, function.inputs[0].type, session.work)
    sizes = tuple(session.sizes.values())
    return Program(definition.name, function, sizes, elaborated.conditions, function.doc, alone=own)


def _inputs_missing(name: str, inputs: Sequence[str]) -> diagnostics.InputsMissing:
    """What to say where there aren't as many types as a block has inputs, which may have names."""
    several = len(inputs) > 1
    what = f"the types of its inputs {listed(inputs)}" if several else "the type of its input"
    example = " ".join(["--input '[64, H=56, W=56]'"] * max(1, len(inputs)))
    return diagnostics.InputsMissing(span=None, name=name, what=what, example=example)
