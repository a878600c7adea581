"""Statements: what each kind does to the current value and to the names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from netlang import advice as fixes
from netlang.advice.calls import refuse_applied, refuse_own_step
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Note
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.blocks.ports import declares_inputs, port_name
from netlang.elaborate.body import Body
from netlang.elaborate.function.application import TapName
from netlang.elaborate.function.builder import FAILED, Labelled
from netlang.elaborate.inputs import declare
from netlang.elaborate.loops import count, iterations, refuse_reassignment
from netlang.elaborate.operators import single
from netlang.elaborate.references import is_labelled
from netlang.elaborate.steps import path
from netlang.evaluate.builtins import FUNCTIONS, is_word
from netlang.evaluate.functions import ScopedFunction
from netlang.evaluate.labels import no_current_value
from netlang.evaluate.values import Broken, Layer, Undecided, Value, describe
from netlang.ir.program import INPUT, Output
from netlang.ops import operator
from netlang.records import replace
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["STATEMENTS"]


def _path(body: Body, statement: ast.Path) -> None:
    body.flow = path(body, statement, body.flow)


def _output(body: Body, tap: ast.Output | ast.Auxiliary) -> None:
    name = port_name(body, tap)
    _refuse_again(body, tap, name)
    flow = body.flow
    auxiliary = isinstance(tap, ast.Auxiliary)
    if tap.path is not None:
        flow = path(body, tap.path, flow, tap=TapName(name, tap.name_span))
        _refuse_again(body, tap, name)
    else:
        _refuse_elsewhere(body, tap, name)
    if flow is None:
        body.builder.outputs[name,] = Output(name, FAILED, auxiliary)
        return
    ref = single(body, flow, tap.span, f"output `{name}`")
    body.builder.outputs[name,] = Output(name, ref, auxiliary)


def _refuse_again(body: Body, tap: ast.Output | ast.Auxiliary, name: str) -> None:
    outputs = body.builder.outputs
    if (name,) in outputs:
        fix = fixes.new_port(body.module.file, tap, (output.name for output in outputs.values()))
        raise NetlangError(language.DuplicateOutput(span=tap.name_span, name=name, fix=fix))


def _refuse_elsewhere(body: Body, tap: ast.Output | ast.Auxiliary, name: str) -> None:
    """Refuse `output x` if `x` labels a step other than the current value: one is meant."""
    found = body.find((name,))
    if found is None or not found.flow or not body.flow or found.flow == body.flow:
        return
    if any(ref.producer == INPUT for ref in found.flow):
        return
    if found.path in body.builder.gone_on:  # `output x: x` would not tell which is meant, either
        body.report_part(found, tap.name_span)
        return
    advice = (
        f"write `output {tap.name}: {tap.name}` for the labelled value, "
        "or give the output another name"
    )
    fix = fixes.inserted(tap.name_span, f": {tap.name}", advice)
    notes = (Note(found.span, "labelled here"),)
    raise NetlangError(
        language.OutputElsewhere(span=tap.name_span, name=name, notes=notes, fix=fix)
    )


def _input(body: Body, declaration: ast.Input) -> None:
    body.flow = declare(body, declaration)


def _is_layer(body: Body, name: str) -> bool:
    """Whether a call of this name gives a layer rather than a number."""
    known = body.evaluator.names.find(name)
    if known is None:
        return name not in FUNCTIONS and operator(name) is not None
    return isinstance(known, Layer)


def _constant(body: Body, constant: ast.Constant) -> None:
    names = body.evaluator.names
    refuse_own_step(constant, names.assigned(constant.name), partial(_is_layer, body))
    refuse_reassignment(body, constant.name, constant.name_span)
    value: Value = Broken()
    try:
        if body.builder.labels:
            refuse_applied(constant, partial(is_labelled, body), partial(_is_layer, body))
        value = body.evaluator.value(constant.value)
    except NetlangError as error:
        body.session.report(error)
        path = (*body.scope, constant.name)  # if a step was meant, reading it isn't a second error
        labelled = Labelled(None, constant.name_span, "a constant", path)
        body.builder.labels.setdefault(path, labelled)
    names.assign(constant.name, value, constant.name_span)


def _function(body: Body, function: ast.FunctionDef) -> None:
    refuse_reassignment(body, function.name, function.name_span)
    names = body.evaluator.names
    names.assign(function.name, Broken(), function.name_span)  # until it is known to be good
    for parameter in function.parameters:
        refuse_reassignment(body, parameter.name, parameter.name_span, function)
    for node in walk(function.value):
        if isinstance(node, ast.Here):
            raise no_current_value(node.span, "a function has none: pass what it needs")
    names.assign(function.name, ScopedFunction(function, names, body.values), function.name_span)


def _if(body: Body, statement: ast.If) -> None:
    chosen = statement.then
    if not body.evaluator.truth(statement.condition):
        if statement.otherwise is None:
            return
        chosen = statement.otherwise
    body.flow = body.inner(None, body.flow, statement.condition).run(chosen)


def _for(body: Body, statement: ast.For) -> None:
    for inner in iterations(body, statement):
        body.flow = inner.run(statement.body)


def _repeat(body: Body, statement: ast.Repeat) -> None:
    if declares_inputs(statement.body):
        declared = next(each for each in walk(statement.body) if isinstance(each, ast.Input))
        advice = "write `for i in range(n) { input x{i} }`"
        raise NetlangError(
            language.MisplacedStatement(
                span=declared.span,
                what="an input in a `repeat`",
                why="each time would declare the same name",
                advice=advice,
                fix=fixes.new_port(body.module.file, declared, iter(())),
            )
        )
    from netlang.elaborate.repeats import repeat

    body.flow = repeat(body, statement, count(body, statement))


def _assert(body: Body, statement: ast.Assert) -> None:
    outcome = _asserted(body, statement.condition)
    if isinstance(outcome, Undecided):
        for constraint in outcome.constraints:
            body.require(constraint, statement.condition.span)
    elif not outcome:
        text = statement.message.value if statement.message else ""
        raise NetlangError(
            language.AssertFailed(
                span=statement.condition.span,
                statement=text or f"the assertion doesn't hold: {statement.condition.span.text}",
                found=_operands(body, statement.condition),
                advice="give the block other arguments, or change what it asserts",
            )
        )


def _asserted(body: Body, condition: ast.Expr) -> bool | Undecided:
    """Whether a condition holds; where one on sizes can't be told, the error says what can."""
    try:
        return body.evaluator.judgement(condition)
    except NetlangError as error:
        otherwise = "assert what `==`, `<`, `<=`, `>`, `>=` and `and` alone say of it"
        raise NetlangError(
            *(
                replace(each, otherwise=otherwise)
                if isinstance(each, language.DependsOnSizes)
                else each
                for each in error.diagnostics
            )
        ) from error


def _operands(body: Body, condition: ast.Expr) -> str:
    """The values of a comparison that failed."""
    if not isinstance(condition, ast.Compare):
        return "this is false"
    values = [
        f"{operand.span.text} is {describe(body.evaluator.value(operand))}"
        for operand in condition.operands
        if not isinstance(operand, ast.Number)
    ]
    return ", ".join(values) or "this is false"


def _unread(body: Body, statement: ast.Unread) -> None:
    """Reading failed and was reported; the words may have named anything."""
    names = body.evaluator.names
    labels = body.builder
    for word in statement.words:
        if not is_word(word) and not labels.find(body.scope, (word,), body.block.root):
            names.unread.add(word)
    raise NetlangError


# Each function takes the class under which it is registered.
STATEMENTS: dict[type[ast.Node], Callable[[Body, Any], None]] = {
    ast.Path: _path,
    ast.Output: _output,
    ast.Auxiliary: _output,
    ast.Input: _input,
    ast.Constant: _constant,
    ast.FunctionDef: _function,
    ast.If: _if,
    ast.For: _for,
    ast.Repeat: _repeat,
    ast.Assert: _assert,
    ast.Unread: _unread,
}
