"""Arithmetic and comparison of compile-time values.

Whole numbers stay whole (except that `/` gives a float, as in Python), sizes that depend on the
input stay formulas, and a number with an origin keeps it when it is combined with another.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.values import TensorValue, Undecided, Value, describe, kind_of
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, Expr, floor_div
from netlang.ir.numbers.computed import is_number
from netlang.ir.numbers.provenance import CallOrigin, combined, origin_of, with_origin
from netlang.ir.types import TensorType
from netlang.records import Draft, field, replace
from netlang.source import Span

__all__ = ["binary", "compare", "negate"]

_OF_VALUES = (
    "values of the network are computed in steps: `(a, b) -> add`, `a -> scale(2)`; the sizes of"
    " one are numbers: `a.channels`, `a.shape`"
)
_LARGEST = 10**30
_LONGEST = 100_000
# Powers of sizes are written out as products.
_HIGHEST_POWER = 4
# Terms that a product of sizes may have before equal ones are joined.
_MOST_TERMS = 10_000
_NUMERIC: dict[str, Callable[[int | float, int | float], int | float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def binary(symbol: str, left: Value, right: Value, span: Span) -> Value:
    """``left symbol right``. Raises a diagnostic if that isn't defined."""
    if is_number(left) and is_number(right):
        return combined(symbol, left, right, _number(symbol, left, right, span))
    if isinstance(left, (Expr, int)) and isinstance(right, (Expr, int)):
        return _size(symbol, left, right, span)
    if isinstance(left, tuple) and isinstance(right, tuple) and symbol == "+":
        _refuse_long(len(left) + len(right), span)
        return left + right
    if isinstance(left, tuple) and isinstance(right, int) and symbol == "*" and right >= 0:
        _refuse_long(len(left) * right, span)
        return left * int(right)
    if isinstance(left, str) and isinstance(right, str) and symbol == "+":
        _refuse_long(len(left) + len(right), span)
        return left + right
    raise _unfit(symbol, span, left, right)


def _unfit(symbol: str, span: Span, *operands: Value) -> NetlangError:
    """An operator that doesn't work on these operands."""
    kinds = " and ".join(map(kind_of, operands))
    error = language.BadOperands(span=span, operator=symbol, operands=kinds)
    if any(isinstance(operand, TensorValue) for operand in operands):
        error = replace(error, advice=_OF_VALUES)
    return NetlangError(error)


def _refuse_long(length: int, span: Span) -> None:
    """Limit lists and strings, which could otherwise double with every line."""
    if length > _LONGEST:
        raise NetlangError(language.NumberTooLarge(span=span, limit=f"{_LONGEST:,} items"))


def _number(symbol: str, left: int | float, right: int | float, span: Span) -> int | float:
    try:
        result = _power(left, right, span) if symbol == "**" else _NUMERIC[symbol](left, right)
    except ZeroDivisionError:
        raise NetlangError(language.DivisionByZero(span=span)) from None
    except OverflowError:
        raise NetlangError(language.NumberTooLarge(span=span, limit="1e30")) from None
    if abs(result) > _LARGEST:
        raise NetlangError(language.NumberTooLarge(span=span, limit="1e30"))
    return result


def _power(base: int | float, exponent: int | float, span: Span) -> int | float:
    """``base ** exponent``, without first computing a number of a million digits."""
    if base == 0 and exponent < 0:
        raise ZeroDivisionError
    if base < 0 and not float(exponent).is_integer():
        why = "the base is negative and the exponent no whole number"
        raise NetlangError(
            language.FunctionRefused(span=span, function="**", why=why, usage="x ** y")
        )
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if abs(base) > 1 and exponent * (abs(base).bit_length() - 1) > 128:
            raise OverflowError
        power: int = int(base) ** int(exponent)
        return power
    return math.pow(base, exponent)


def _size(symbol: str, left: Dim, right: Dim, span: Span) -> Value:
    if symbol == "+":
        return left + right
    if symbol == "-":
        return left - right
    if symbol == "*":
        return _product(left, right, span)
    if symbol == "**" and isinstance(right, int) and 0 <= right <= _HIGHEST_POWER:
        power: Dim = 1
        for _ in range(right):
            power = _product(power, left, span)
        return power
    if symbol in ("//", "%") and isinstance(right, int) and right > 0:
        quotient = floor_div(left, right)
        return quotient if symbol == "//" else left - quotient * right
    if isinstance(right, int) and right == 0:
        raise NetlangError(language.DivisionByZero(span=span))
    raise NetlangError(language.DependsOnSizes(span=span, value=f"{left} {symbol} {right}"))


def _product(left: Dim, right: Dim, span: Span) -> Dim:
    """The product of two sizes, unless it is too long to write out."""
    terms = [len(each.terms) for each in (left, right) if isinstance(each, Expr)]
    if math.prod(terms) > _MOST_TERMS:
        raise NetlangError(language.NumberTooLarge(span=span, limit=f"{_MOST_TERMS:,} terms"))
    return left * right


def negate(value: Value, span: Span) -> Value:
    """``-value``."""
    if isinstance(value, Expr):
        return -value
    if is_number(value):
        origin = origin_of(value)
        return -value if origin is None else with_origin(-value, CallOrigin("neg", (origin,)))
    raise _unfit("-", span, value)


def compare(symbol: str, left: Value, right: Value, span: Span) -> bool | Undecided:
    """``left symbol right``: a boolean, or a condition on the input's sizes."""
    if symbol == "in":
        return _contains(left, right, span)
    if symbol in ("==", "!="):
        outcome = _equal(left, right, span)
        if symbol == "==":
            return outcome
        if isinstance(outcome, Undecided):
            raise _depends(symbol, left, right, span)
        return not outcome
    if isinstance(left, (Expr, int)) and isinstance(right, (Expr, int)):
        return _order(symbol, left, right, span)
    numbers = is_number(left) and is_number(right)
    if numbers or (isinstance(left, str) and isinstance(right, str)):
        return _ORDER[symbol](left, right)
    raise _unfit(symbol, span, left, right)


def _depends(symbol: str, left: Value, right: Value, span: Span) -> NetlangError:
    value = f"{describe(left)} {symbol} {describe(right)}"
    return NetlangError(language.DependsOnSizes(span=span, value=value))


def _contains(item: Value, items: Value, span: Span) -> bool | Undecided:
    """Whether a list has an item; several items that may equal it are no single condition."""
    if not isinstance(items, tuple):
        raise _unfit("in", span, items)
    possible: dict[Undecided, None] = {}
    for other in items:
        outcome = _equal(item, other, span)
        if isinstance(outcome, Undecided):
            possible[outcome] = None
        elif outcome:
            return True
    if len(possible) > 1:
        raise _depends("in", item, items, span)
    return next(iter(possible), False)


def _equal(left: Value, right: Value, span: Span) -> bool | Undecided:
    """Equality of the language: 1 equals 1.0, but true isn't a number.

    Sizes that depend on the input give one condition for each pair that must be equal.
    """
    comparison = _Comparison(span)
    if not comparison.possible(left, right):
        return False
    return Undecided(tuple(comparison.conditions)) if comparison.conditions else True


class _Comparison(Draft):
    """Finds the conditions under which two values are equal.

    `compared` are pairs of lists found to be equal under them, so that shared lists are compared
    once.
    """

    span: Span
    conditions: dict[Constraint, None] = field(default_factory=dict)
    compared: set[tuple[int, int]] = field(default_factory=set)

    def possible(self, left: Value, right: Value) -> bool:
        """Whether the values are equal wherever `conditions` hold; adds those that they need."""
        if is_number(left) and is_number(right):
            return left == right
        for one in (left, right):
            if isinstance(one, Undecided):
                raise NetlangError(language.DependsOnSizes(span=self.span, value=describe(one)))
        if isinstance(left, bool) != isinstance(right, bool):
            return False
        if isinstance(left, Expr) or isinstance(right, Expr):
            return self._sizes(left, right)
        if isinstance(left, TensorValue) and isinstance(right, TensorValue):
            return all(map(self.possible, _facts(left.type), _facts(right.type)))
        if isinstance(left, tuple) and isinstance(right, tuple):
            return self._lists(left, right)
        return left == right

    def _lists(self, left: tuple[Value, ...], right: tuple[Value, ...]) -> bool:
        pair = (id(left), id(right))
        if pair in self.compared:
            return True
        if len(left) != len(right) or not all(map(self.possible, left, right)):
            return False
        self.compared.add(pair)
        return True

    def _sizes(self, left: Value, right: Value) -> bool:
        """The same for a size that depends on the input, and any other value."""
        one, two = _whole(left), _whole(right)
        if one is None or two is None:
            return False
        difference = one - two
        if isinstance(difference, int):
            return difference == 0
        reason = f"the spec asserts `{describe(one)} == {describe(two)}`"
        self.conditions[Constraint(one, Relation.EQUAL, two, reason)] = None
        return True


def _facts(tensor: TensorType) -> tuple[Value, ...]:
    """What equal types have in common: element type, batch and shape."""
    return (tensor.dtype.value, "" if tensor.batch is None else tensor.batch, tensor.shape)


def _whole(value: Value) -> Dim | None:
    """A size as such, also if written as ``12.0``."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, (Expr, int)) else None


def _order(symbol: str, left: Dim, right: Dim, span: Span) -> bool | Undecided:
    if isinstance(left, bool) or isinstance(right, bool):
        raise _unfit(symbol, span, left, right)
    difference = left - right
    if isinstance(difference, int):
        return _ORDER[symbol](difference, 0)
    reason = f"the spec asserts `{describe(left)} {symbol} {describe(right)}`"
    if symbol in ("<", "<="):
        left, right = right, left
    slack = 1 if symbol in ("<", ">") else 0
    return Undecided((Constraint(left, Relation.AT_LEAST, right + slack, reason),))
