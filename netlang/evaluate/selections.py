"""Parts of values: an attribute of a tensor, an item or a slice of a tuple.

On entry, the operands are evaluated. Raises `NetlangError` if a selected part doesn't exist.
"""

from __future__ import annotations

import re

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.calls import attributes
from netlang.evaluate.values import Layer, TensorValue, Value, kind_of
from netlang.records import replace
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["attribute", "slice_bound", "indexed", "sliced"]

_OF_A_LAYER = (
    "a layer has no sizes: label the step that applies it, and read those of the label; figures"
    " such as `params` are those of a net: assert them outside of its braces"
)


def attribute(value: Value, expr: ast.Attribute) -> Value:
    """``value.name``; only tensors have attributes."""
    if not isinstance(value, TensorValue):
        what = f"`{expr.value.span.text}`, {kind_of(value)},"
        missing = language.NoSuchAttribute(
            span=expr.name_span, what=what, name=expr.name, available="no attributes"
        )
        if isinstance(value, Layer):
            missing = replace(missing, advice=_OF_A_LAYER)
        raise NetlangError(_with_exponent(missing, expr) or missing)
    available = attributes(value.type)
    if expr.name in available:
        return available[expr.name]
    raise NetlangError(
        language.NoSuchAttribute(
            span=expr.name_span,
            what=f"a value of shape {value.type}",
            name=expr.name,
            available=", ".join(available),
            fix=fixes.replacement(expr.name, available, expr.name_span),
        )
    )


def _with_exponent(missing: language.NoSuchAttribute, expr: ast.Attribute) -> Diagnostic | None:
    """For `1.e-3` and `1.e5`, which lack a digit after the point."""
    number, behind = expr.value.span.text, expr.span.source.text[expr.name_span.start :]
    exponent = re.match(r"[eE][-+]?\d+", behind)
    if not number.isdecimal() or exponent is None:
        return None
    at, advice = expr.name_span.start, f"write `{number}.0{exponent[0]}`"
    fix = Fix(advice, (Edit(Span(expr.span.source, at, at), "0"),))
    return replace(missing, advice=advice, fix=fix)


def indexed(items: Value, index: Value, expr: ast.Index) -> Value:
    """``items[index]``, counted from the end if the index is negative."""
    if not isinstance(items, tuple) or isinstance(index, bool) or not isinstance(index, int):
        operands = f"{kind_of(items)} and {kind_of(index)}"
        raise NetlangError(language.BadOperands(span=expr.span, operator="[]", operands=operands))
    if -len(items) <= index < len(items):
        return items[index]
    last = len(items) - 1
    raise NetlangError(
        language.BadIndex(span=expr.index.span, index=str(index), length=len(items), last=last)
    )


def slice_bound(value: Value, expr: ast.Expr) -> int:
    """A value as one bound of a slice."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise NetlangError(
            language.BadOperands(span=expr.span, operator="[:]", operands=kind_of(value))
        )
    return value


def sliced(items: Value, bounds: slice, span: Span) -> Value:
    """``items[start:stop:step]``."""
    if not isinstance(items, tuple) or bounds.step == 0:
        raise NetlangError(language.BadOperands(span=span, operator="[:]", operands=kind_of(items)))
    return items[bounds]
