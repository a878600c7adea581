"""Arithmetic and comparison of compile-time values.

Whole numbers stay whole (except that `/` gives a float, as in Python), sizes that depend on the
input stay formulas, and a `Traced` number combined with another keeps its origin.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from itertools import repeat
from typing import Any

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.values import (
    BadOperands,
    DependsOnSizes,
    DivisionByZero,
    FunctionRefused,
    NumberTooLarge,
)
from netlang.evaluate.values import Undecided, Value, describe, kind_of
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, Expr, floor_div
from netlang.ir.provenance import (
    MOST_OPERATORS,
    BinaryOrigin,
    Traced,
    operators_in,
    origin_of,
)
from netlang.source import Span

__all__ = ["binary", "compare", "negate"]

_LARGEST = 10**30
_LONGEST = 100_000
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


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def binary(symbol: str, left: Value, right: Value, span: Span) -> Value:
    """``left symbol right``. Raises a diagnostic if that isn't defined."""
    if is_number(left) and is_number(right):
        result = _number(symbol, left, right, span)  # type: ignore[arg-type]  # checked just now
        return _traced(symbol, left, right, result)
    if isinstance(left, Expr | int) and isinstance(right, Expr | int):
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
    operands = f"{kind_of(left)} and {kind_of(right)}"
    raise NetlangError(BadOperands(span=span, operator=symbol, operands=operands))


def _refuse_long(length: int, span: Span) -> None:
    """Limit lists and strings, which could otherwise double with every line."""
    if length > _LONGEST:
        raise NetlangError(NumberTooLarge(span=span, limit=f"{_LONGEST:,} items"))


def _number(symbol: str, left: int | float, right: int | float, span: Span) -> int | float:
    try:
        result = _power(left, right, span) if symbol == "**" else _NUMERIC[symbol](left, right)
    except ZeroDivisionError:
        raise NetlangError(DivisionByZero(span=span)) from None
    except OverflowError:
        raise NetlangError(NumberTooLarge(span=span, limit="1e30")) from None
    if abs(result) > _LARGEST:
        raise NetlangError(NumberTooLarge(span=span, limit="1e30"))
    return result


def _power(base: int | float, exponent: int | float, span: Span) -> int | float:
    """``base ** exponent``, without first computing a number of a million digits."""
    if base == 0 and exponent < 0:
        raise ZeroDivisionError
    if base < 0 and not float(exponent).is_integer():
        why = "the base is negative and the exponent no whole number"
        raise NetlangError(FunctionRefused(span=span, function="**", why=why, usage="x ** y"))
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if abs(base) > 1 and exponent * (abs(base).bit_length() - 1) > 128:
            raise OverflowError
        power: int = int(base) ** int(exponent)
        return power
    return math.pow(base, exponent)


def _traced(symbol: str, left: Value, right: Value, result: int | float) -> int | float:
    """The result with its origin, if both sides are whole and one has an origin."""
    if not isinstance(result, int):
        return result
    one, two = origin_of(left), origin_of(right)
    if one is None and two is None:
        return result
    if isinstance(left, int) and isinstance(right, int):
        origin = BinaryOrigin(symbol, one or int(left), two or int(right))
        return Traced(result, origin) if operators_in(origin) <= MOST_OPERATORS else result
    return result


def _size(symbol: str, left: Dim, right: Dim, span: Span) -> Value:
    if symbol == "+":
        return left + right
    if symbol == "-":
        return left - right
    if symbol == "*":
        return left * right
    if symbol in ("//", "%") and isinstance(right, int) and right > 0:
        quotient = floor_div(left, right)
        return quotient if symbol == "//" else left - quotient * right
    if isinstance(right, int) and right == 0:
        raise NetlangError(DivisionByZero(span=span))
    raise NetlangError(DependsOnSizes(span=span, value=f"{left} {symbol} {right}"))


def negate(value: Value, span: Span) -> Value:
    """``-value``."""
    if isinstance(value, Expr):
        return -value
    if is_number(value):
        return -value  # type: ignore[operator]  # checked just now
    raise NetlangError(BadOperands(span=span, operator="-", operands=kind_of(value)))


def compare(symbol: str, left: Value, right: Value, span: Span) -> bool | Undecided:
    """``left symbol right``: a boolean, or a condition on the input's sizes."""
    if symbol == "in":
        return _contains(left, right, span)
    if isinstance(left, Expr) or isinstance(right, Expr):
        return _compare_sizes(symbol, left, right, span)
    if symbol in ("==", "!="):
        return _equal(left, right) == (symbol == "==")
    numbers = is_number(left) and is_number(right)
    if numbers or (isinstance(left, str) and isinstance(right, str)):
        return _ORDER[symbol](left, right)
    operands = f"{kind_of(left)} and {kind_of(right)}"
    raise NetlangError(BadOperands(span=span, operator=symbol, operands=operands))


def _equal(left: Value, right: Value, same: set[tuple[int, int]] | None = None) -> bool:
    """Equality of the language: 1 equals 1.0, but true isn't a number.

    `same` are pairs of lists found to be equal, so that shared lists are compared once.
    """
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if not (isinstance(left, tuple) and isinstance(right, tuple)):
        return left == right
    same = set() if same is None else same
    pair = (id(left), id(right))
    if pair in same:
        return True
    if len(left) != len(right) or not all(map(_equal, left, right, repeat(same))):
        return False
    same.add(pair)
    return True


def _contains(item: Value, items: Value, span: Span) -> bool:
    if isinstance(items, tuple):
        return any(_equal(item, other) for other in items)
    raise NetlangError(BadOperands(span=span, operator="in", operands=kind_of(items)))


def _compare_sizes(symbol: str, left: Value, right: Value, span: Span) -> bool | Undecided:
    if not isinstance(left, Expr | int) or not isinstance(right, Expr | int):
        if symbol in ("==", "!="):
            return symbol == "!="
        operands = f"{kind_of(left)} and {kind_of(right)}"
        raise NetlangError(BadOperands(span=span, operator=symbol, operands=operands))
    difference = left - right
    if isinstance(difference, int):
        return compare(symbol, difference, 0, span)
    reason = f"the spec asserts `{describe(left)} {symbol} {describe(right)}`"
    if symbol == "==":
        return Undecided((Constraint(left, Relation.EQUAL, right, reason),))
    if symbol == "!=":
        raise NetlangError(DependsOnSizes(span=span, value=f"{left} {symbol} {right}"))
    if symbol in ("<", "<="):
        left, right = right, left
    slack = 1 if symbol in ("<", ">") else 0
    return Undecided((Constraint(left, Relation.AT_LEAST, right + slack, reason),))
