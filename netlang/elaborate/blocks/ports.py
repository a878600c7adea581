"""Inputs and outputs whose names are computed, and which of them there are.

Which ones there are depends on parameters alone, so a call of a block can be checked against its
inputs before anything is known of their types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.blocks.parameters import own_names
from netlang.elaborate.body import Body, LabelledValues
from netlang.elaborate.function.block_state import BlockState
from netlang.elaborate.function.builder import FunctionBuilder
from netlang.elaborate.loops import iterations
from netlang.elaborate.references import part_text
from netlang.evaluate.values import BlockTarget, Broken, Value, memo_key
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["declares_inputs", "input_names", "port_name"]

_LONGEST = 200


def port_name(body: Body, port: ast.Port) -> str:
    """The name of an input or output; it, and whether it is there, depend on parameters alone."""
    for decision in body.decisions:
        _refuse_value(body, port, decision)
    if not port.is_computed:
        return port.name
    for piece in port.port.pieces:
        if not isinstance(piece, str):
            _refuse_value(body, port, piece)
    text = part_text(body, port.port)
    if not (text.isascii() and text.isidentifier() and len(text) <= _LONGEST):
        what = f"an {_kind(port)}"
        raise NetlangError(language.BadPortName(span=port.name_span, text=text, what=what))
    return text


def _kind(port: ast.Port) -> str:
    return "input" if isinstance(port, ast.Input) else "output"


def _refuse_value(body: Body, port: ast.Port, decision: ast.Expr) -> None:
    """Raises where an expression that decides on a port reads a value, perhaps by a constant."""
    read = next(_values_read(body, decision, set()), None)
    if read is not None:
        raise NetlangError(
            language.PortFromValue(span=decision.span, what=_kind(port), name=port.name, read=read)
        )


def _values_read(body: Body, expr: ast.Expr | ast.FunctionDef, seen: set[int]) -> Iterator[str]:
    """The values of the net that an expression reads; their number, `len(m)`, is none."""
    counted = {
        id(name)
        for node in walk(expr)
        if isinstance(node, ast.Call) and node.callee.span.text == "len"
        for name in walk(node.arguments)
    }
    own = {each.name for each in expr.parameters} if isinstance(expr, ast.FunctionDef) else set()
    for node in walk(expr):
        if isinstance(node, ast.In):
            yield "in"
        elif isinstance(node, ast.Here):
            yield "here"
        elif isinstance(node, ast.Name) and id(node) not in counted and node.name not in own:
            place = body.evaluator.names.assigned(node.name)
            if place is None:
                if body.evaluator.names.find(node.name) is None and _is_label(body, node.name):
                    yield node.name
            elif place.start not in seen:
                seen.add(place.start)
                source = _source(body.module.file, place)
                if source is not None:
                    yield from _values_read(body, source, seen)


def _source(file: ast.File, name: Span) -> ast.Expr | ast.FunctionDef | None:
    """What the constant, function or loop variable whose name is at `name` is computed from."""
    constant, loop = fixes.enclosing(file, name, ast.Constant), fixes.enclosing(file, name, ast.For)
    function = fixes.enclosing(file, name, ast.FunctionDef)
    if function is not None and function.name_span == name:
        return function
    if constant is not None and constant.name_span == name:
        return constant.value
    if loop is not None and any(target.span == name for target in loop.targets):
        return loop.iterable
    return None


def _is_label(body: Body, name: str) -> bool:
    """Whether a name is a label, or begins one."""
    labels = body.values.label_names()
    return any(label == name or label.startswith(f"{name}.") for label in labels)


# --- which inputs a block has ------------------------------------------------------------------


def declares_inputs(suite: ast.Suite) -> bool:
    """Whether a body declares inputs, perhaps in a condition or loop."""
    return any(_declares(statement) for statement in suite.statements)


def _declares(statement: ast.Statement) -> bool:
    if isinstance(statement, ast.If):
        suites = (statement.then, statement.otherwise)
        return any(suite is not None and declares_inputs(suite) for suite in suites)
    if isinstance(statement, (ast.For, ast.Repeat)):
        return declares_inputs(statement.body)
    return isinstance(statement, ast.Input)


def input_names(
    caller: Body, target: BlockTarget, values: Mapping[str, Value]
) -> tuple[str, ...] | None:
    """The inputs that a block declares for these arguments; None if that can't be told."""
    known, alone = caller.session.inputs, (id(target.definition), None)
    if alone in known:
        return known[alone]
    statements = target.definition.body.statements
    if any(isinstance(each, ast.Unread) for each in statements):
        return None  # which may be an input
    inputs = [each for each in statements if isinstance(each, ast.Input)]
    plain = not any(each.is_computed for each in inputs)
    if plain and not any(_declares(each) for each in statements if not isinstance(each, ast.Input)):
        known[alone] = tuple(each.name for each in inputs)
        return known[alone]
    key = (id(target.definition), memo_key(tuple(values.values())))
    if key not in known:
        known[key] = _computed_names(caller, target, values)
    return known[key]


def _computed_names(
    caller: Body, target: BlockTarget, values: Mapping[str, Value]
) -> tuple[str, ...] | None:
    definition = target.definition
    builder = FunctionBuilder(definition.name, definition.name_span)
    readable = LabelledValues(builder, BlockState(target.name, False, None, ()), target.module)
    body = Body.begin(caller.elaborator, own_names(target, dict(values)), readable)
    try:
        return tuple(_declared(body, definition.body))
    except NetlangError:
        return None  # which its elaboration reports


def _declared(body: Body, suite: ast.Suite) -> Iterator[str]:
    """The names of the inputs of a suite, for what its names stand for."""
    for statement in suite.statements:
        if isinstance(statement, ast.Input):
            yield port_name(body, statement)
        elif isinstance(statement, ast.Constant):
            _assign(body, statement)
        elif isinstance(statement, ast.FunctionDef):
            body.elaborator.statement(body, statement)
        elif not _declares(statement):
            continue
        elif isinstance(statement, ast.For):
            for inner in iterations(body, statement):
                yield from _declared(inner, statement.body)
        elif isinstance(statement, ast.Repeat):
            raise NetlangError  # which declares one name again and again
        elif isinstance(statement, ast.If):
            chosen = statement.then
            if not body.evaluator.truth(statement.condition):
                chosen = statement.otherwise or ast.Suite(statement.span, ())
            yield from _declared(body.inner(), chosen)


def _assign(body: Body, constant: ast.Constant) -> None:
    """A constant of the block, which no input may need if it reads a value."""
    value: Value = Broken()
    with suppress(NetlangError):  # its elaboration reports it
        value = body.evaluator.value(constant.value)
    body.evaluator.names.assign(constant.name, value, constant.name_span)
