"""Labels in expressions: resolves `pool.indices` before `.shape` is applied to it.

On entry, nothing of the expression is evaluated. A name of the file or a parameter hides a label,
and an attribute of a value hides a label inside the scope that the value comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Fix
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed
from netlang.evaluate.environment import Environment
from netlang.evaluate.values import TensorValue
from netlang.ir.types import TensorType
from netlang.source import Span
from netlang.syntax import ast

__all__ = [
    "Labels", "counted", "dotted_parts", "labelled", "no_current_value", "refuse_several",
]  # fmt: skip

_SHOWN = 4


class Labels(Protocol):
    """What a body adds to the readable names of an expression: labelled values and `in`."""

    def tensor(self, span: Span, *parts: str) -> TensorType | None: ...
    def count(self, *parts: str) -> int | None: ...
    def input_type(self, span: Span) -> TensorType: ...
    def current_type(self, span: Span) -> TensorType: ...
    def label_names(self) -> Iterator[str]: ...


def labelled(
    expr: ast.Attribute, labels: Labels | None, names: Environment
) -> tuple[TensorValue, bool] | None:
    """The value that the longest label in `expr` names, and whether `expr` is just that label.

    None if the text before the last dot is a value itself (``in.shape``), or if there is no such
    label.
    """
    parts = dotted_parts(expr)
    if labels is None or parts is None or names.find(parts[0]) is not None:
        return None
    if len(parts) > 2 and (tensor := labels.tensor(expr.value.span, *parts[:-1])) is not None:
        return TensorValue(tensor), False
    if labels.tensor(_first(expr).span, parts[0]) is not None:
        return None
    if (tensor := labels.tensor(expr.span, *parts)) is not None:
        return TensorValue(tensor), True
    return None


def no_current_value(span: Span, why: str, fix: Fix | None = None) -> NetlangError:
    """The error for `here` where there is no current value."""
    return NetlangError(language.NoCurrentValue(span=span, why=why, fix=fix))


def counted(call: ast.Call, labels: Labels | None, names: Environment) -> int | None:
    """For `len(m)`, where `m` labels a block or several values, their number."""
    if labels is None or call.callee.span.text != "len" or len(call.arguments) != 1:
        return None
    parts = dotted_parts(call.arguments[0].value)
    if parts is None or any(names.find(name) is not None for name in (parts[0], "len")):
        return None
    return labels.count(*parts)


def dotted_parts(expr: ast.Expr | ast.Spread) -> tuple[str, ...] | None:
    """The parts of a name with dots; None for any other expression."""
    parts: list[str] = []
    while isinstance(expr, ast.Attribute):
        parts.append(expr.name)
        expr = expr.value
    return (expr.name, *reversed(parts)) if isinstance(expr, ast.Name) else None


def _first(expr: ast.Expr) -> ast.Expr:
    """The name that a dotted name begins with."""
    while isinstance(expr, ast.Attribute):
        expr = expr.value
    return expr


def refuse_several(expr: ast.Name, labels: Labels) -> None:
    """Raises `NetlangError` if a name stands for several values or for a scope."""
    inside = f"{expr.name}."
    values = [label for label in labels.label_names() if label.startswith(inside)]
    if values:
        shown = listed(values, _SHOWN)
        raise NetlangError(language.SeveralValues(span=expr.span, name=expr.name, values=shown))
