"""Function calls and tensor attributes in expressions."""

from __future__ import annotations

from collections.abc import Callable

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.builtins import FUNCTIONS, KEEPING, OF_SIZES, USAGE, Refusal
from netlang.evaluate.lists import spread
from netlang.evaluate.origins.functions import with_function
from netlang.evaluate.values import Value, kind_of
from netlang.ir.dims import Expr
from netlang.ir.numbers.provenance import origin_of
from netlang.ir.types import TensorType
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["attributes", "call_function", "not_callable"]


def call_function(
    name: str,
    expr: ast.Call,
    evaluate: Callable[[ast.Expr], Value],
    pin: Callable[[Value], Value],
) -> Value:
    """The value of ``name(...)``. Raises a diagnostic for arguments that it doesn't accept.

    Numbers keep their origin in numbers and lists; those that decide something else are pinned.
    """
    values: list[Value] = []
    for argument in expr.arguments:
        values += _positional(name, argument, evaluate)
    try:
        found = FUNCTIONS[name](*values)
        if name in KEEPING:
            for value in values:
                if not isinstance(value, tuple):
                    pin(value)
            return found
        traced = with_function(name, values, found)
        if origin_of(traced) is None:
            for value in values:
                pin(value)
        return traced
    except Refusal as refusal:
        error = language.FunctionRefused(
            span=expr.span, function=name, why=str(refusal), usage=USAGE[name]
        )
        raise NetlangError(error) from None
    except TypeError:
        raise NetlangError(
            language.TooManyArguments(
                span=expr.span,
                callee=name,
                expected="other arguments",
                given=len(values),
                available=USAGE[name],
            )
        ) from None


def not_callable(expr: ast.Call, callee: Value) -> NetlangError:
    """The error for a call of something that is neither a function nor a layer."""
    what = f"`{expr.callee.span.text}`, {kind_of(callee)},"
    behind = Span(expr.span.source, expr.callee.span.end, expr.span.end)
    fix = fixes.replaced(behind, "", "remove the parentheses")
    return NetlangError(language.NotCallable(span=expr.callee.span, what=what, fix=fix))


def _positional(
    name: str, argument: ast.Argument, evaluate: Callable[[ast.Expr], Value]
) -> tuple[Value, ...]:
    """The values of an argument: one, or the items of a list."""
    if argument.name is not None:
        span = argument.name_span or argument.span
        raise NetlangError(
            language.UnknownArgument(
                span=span, callee=name, name=argument.name, available=USAGE[name]
            )
        )
    written = argument.value
    values = spread(written, evaluate) if isinstance(written, ast.Spread) else (evaluate(written),)
    for value in values:
        if isinstance(value, Expr) and name not in OF_SIZES:
            raise NetlangError(language.DependsOnSizes(span=argument.span, value=str(value)))
    return values


_SPATIAL = {2: ("length",), 3: ("height", "width"), 4: ("depth", "height", "width")}


def attributes(type: TensorType) -> dict[str, Value]:
    """The sizes of a value by name; `features` is the last axis."""
    found: dict[str, Value] = {"shape": type.shape, "rank": type.rank}
    if type.shape:
        found |= {"channels": type.shape[0], "features": type.shape[-1]}
    found |= dict(zip(_SPATIAL.get(type.rank, ()), type.spatial, strict=False))
    return found
