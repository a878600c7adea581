"""The errors of the arguments of a call: too many, given twice, or of a name that there isn't."""

from __future__ import annotations

from typing import TypeAlias

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic, Fix, Note
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.values import FunctionValue, Layer, OperatorTarget
from netlang.ir.arguments import signature
from netlang.syntax import ast

__all__ = ["Callee", "given_twice", "too_many", "too_many_written", "unknown_argument"]

Callee: TypeAlias = Layer | FunctionValue


def given_twice(
    layer: Callee, arguments: tuple[ast.Argument, ...], place: int, name: str, before: ast.Argument
) -> NetlangError:
    edit = fixes.without_arguments(arguments, place, place)
    same = arguments[place].value.span.text == before.value.span.text
    return NetlangError(
        language.ArgumentTwice(
            span=arguments[place].span,
            callee=layer.name,
            name=name,
            notes=(Note(before.span, f"`{name}` is given here"),),
            fix=Fix("remove one of them", (edit,), safe=same),
        )
    )


def too_many(
    argument: ast.Argument,
    layer: Callee,
    names: tuple[str, ...],
    given: int,
    fix: Fix | None = None,
) -> NetlangError:
    return NetlangError(
        language.TooManyArguments(
            span=argument.span,
            callee=layer.name,
            expected=_counted(len(names)),
            given=given,
            available=_listed(names),
            fix=fix,
        )
    )


def unknown_argument(layer: Callee, argument: ast.Argument, names: tuple[str, ...]) -> Diagnostic:
    span, name = argument.name_span or argument.span, argument.name or ""
    target = layer.target if isinstance(layer, Layer) else None
    if isinstance(target, OperatorTarget) and name in target.op.weight_values:
        from netlang.diagnostics.language.given import WeightInLayer

        return WeightInLayer(span=argument.span, operator=layer.name, name=name)
    return language.UnknownArgument(
        span=span,
        callee=layer.name,
        name=name,
        available=_listed(names),
        fix=fixes.activation_as_step(argument) or fixes.replacement(name, names, span),
    )


def too_many_written(
    layer: Callee, arguments: tuple[ast.Argument, ...], place: int, names: tuple[str, ...]
) -> NetlangError:
    """The error at the first argument without a name that no parameter is left for."""
    fix = (
        _as_list(layer, arguments)
        or fixes.as_argument(layer.name, arguments)
        or _without_rest(layer, arguments, place, names)
    )
    given = len(arguments) + len(layer.arguments)
    return too_many(arguments[place], layer, names, given, fix)


def _without_rest(
    layer: Callee, arguments: tuple[ast.Argument, ...], place: int, names: tuple[str, ...]
) -> Fix | None:
    """Removes the arguments that are too many; None if a list may be among them."""
    if any(isinstance(each.value, ast.Spread) for each in arguments):
        return None
    last = max(index for index, each in enumerate(arguments) if each.name is None)
    edit = fixes.without_arguments(arguments, place, last)
    return Fix(f"remove it; `{layer.name}` takes {_listed(names)}", (edit,))


def _as_list(layer: Callee, arguments: tuple[ast.Argument, ...]) -> Fix | None:
    """The arguments as one list, if the operator takes exactly that."""
    if not isinstance(layer, Layer) or not isinstance(layer.target, OperatorTarget):
        return None
    items = signature(layer.target.op)
    return fixes.as_list(items[0], arguments, layer.name) if items and not layer.arguments else None


def _counted(count: int) -> str:
    return {0: "no arguments", 1: "1 argument"}.get(count, f"{count} arguments")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "no arguments"
