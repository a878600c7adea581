"""The error for a name in an expression that stands for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Fix
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.builtins import FUNCTIONS
from netlang.evaluate.environment import Environment
from netlang.evaluate.labels import Labels
from netlang.syntax import ast

__all__ = ["unknown_name"]

_FLOATS = ("float16", "float32", "float64", "bfloat16", "half", "double")
_WHOLE = ("int", "int32", "long", "uint8")


def unknown_name(expr: ast.Name, names: Environment, labels: Labels | None) -> NetlangError:
    """The error, with the name that may be meant."""
    fix = (
        fixes.foreign_module(expr)
        or fixes.in_a_recipe(expr.name)
        or fixes.replacement(expr.name, _known(names, labels), expr.span)
        or _element_type(expr)
    )
    return NetlangError(language.UnknownName(span=expr.span, name=expr.name, fix=fix))


def _element_type(expr: ast.Name) -> Fix | None:
    """For `dtype=float32`: operators follow the floats of the net."""
    if expr.name in _FLOATS:
        return fixes.replaced(expr.span, "float", "write `float`: the floats of the net's inputs")
    return fixes.replaced(expr.span, "int64", "write `int64`") if expr.name in _WHOLE else None


def _known(names: Environment, labels: Labels | None) -> Iterator[str]:
    yield from names.names()
    yield from FUNCTIONS
    yield from ("true", "false")
    if labels is not None:
        yield from labels.label_names()
