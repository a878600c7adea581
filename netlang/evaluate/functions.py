"""Functions of compile-time values: what a call of one gives.

A function sees its parameters and the names around its definition. It doesn't lead back to itself,
and calls are counted, so that every call ends soon. Numbers keep what they were made of.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol, final

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Note
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.binding import bound_arguments
from netlang.evaluate.environment import Environment
from netlang.evaluate.labels import Labels
from netlang.evaluate.lists import bounded
from netlang.evaluate.nesting import DEEPEST_CALL, room_for_nesting
from netlang.evaluate.values import FunctionValue, Value
from netlang.records import replace
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["ScopedFunction", "called", "not_called"]

_MOST_NOTES = 3
"""Calls that an error inside a function shows."""


@final
class ScopedFunction(FunctionValue):
    """A function with the names, and in a body the labels, that it sees around it."""

    names: Environment
    labels: Labels | None = None


class Caller(Protocol):
    """The evaluator of a call: of its arguments, and of the function's own scope."""

    names: Environment

    def value(self, expr: ast.Expr) -> Value: ...
    def apart(self, names: Environment, labels: Labels | None) -> Caller: ...


def called(
    function: FunctionValue, arguments: tuple[ast.Argument, ...], span: Span, caller: Caller
) -> Value:
    """The value of a call at `span`. Raises `NetlangError`."""
    assert isinstance(function, ScopedFunction)
    definition, work = function.definition, caller.names.work
    if definition in work.active:
        why = "it is being worked out when it is called here"
        raise NetlangError(language.RecursiveFunction(span=span, name=definition.name, why=why))
    if len(work.active) >= DEEPEST_CALL:
        raise NetlangError(language.NamesTooDeep(span=span, limit=DEEPEST_CALL))
    work.spend(1, definition.span, span)
    names = tuple(parameter.name for parameter in definition.parameters)
    bound = bound_arguments(function, names, arguments, caller.value)
    given = {name: argument.value for name, argument in bound.items()}
    work.active.append(definition)
    try:
        with room_for_nesting():
            return bounded(_worked_out(function, given, span, caller), span)
    finally:
        work.active.pop()


def _worked_out(
    function: ScopedFunction, given: dict[str, Value], span: Span, caller: Caller
) -> Value:
    """The value for arguments that are known; errors inside the function show the call."""
    own = function.names.inner()
    own.work = caller.names.work
    inner = caller.apart(own, function.labels)
    try:
        for parameter in function.definition.parameters:
            if parameter.name in given:
                value = given[parameter.name]
            elif parameter.default is not None:
                value = inner.value(parameter.default)
            else:
                raise _missing(function, given, span)
            own.assign(parameter.name, value, parameter.name_span)
        return inner.value(function.definition.value)
    except NetlangError as error:
        note = Note(span, "called here")
        noted = [
            replace(each, notes=(*each.notes, note))
            if each.span != span and len(each.notes) < _MOST_NOTES
            else each
            for each in error.diagnostics
        ]
        error.diagnostics = tuple(noted)
        raise


def _missing(function: FunctionValue, given: Container[str], span: Span) -> NetlangError:
    missing = fixes.lacking(function.definition.parameters, given)
    return NetlangError(
        language.MissingArgument(
            span=span,
            callee=function.name,
            name=missing[0],
            description="it has no default",
            call=fixes.completed(function.name, span, missing),
        )
    )


def not_called(function: FunctionValue, span: Span) -> NetlangError:
    """The error for the name of a function without parentheses."""
    parameters = function.definition.parameters
    call = f"{function.name}({', '.join(parameter.name for parameter in parameters)})"
    callable_ = all(parameter.default is not None for parameter in parameters)
    fix = fixes.inserted(span, "()", f"call it: `{span.text}()`") if callable_ else None
    return NetlangError(
        language.FunctionNotCalled(span=span, name=function.name, call=call, fix=fix)
    )
