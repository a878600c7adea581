"""Arithmetic, functions and comparisons of plain numbers: what the parts of an origin give."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard

__all__ = ["COMPARISONS", "Plain", "computed", "is_number", "round_to"]

Plain: TypeAlias = int | float


def is_number(value: object) -> TypeGuard[Plain]:
    """Whether a value is a number; truth values, which Python counts among them, aren't."""
    kind = type(value)
    if kind is int or kind is float:  # most of them: asking for subclasses takes longer
        return True
    return kind is not bool and isinstance(value, (int, float))


def round_to(number: Plain, multiple: int) -> int:
    """The nearest multiple, half up, at least one; one more if it is below 0.9 of `number`.

    This is the MobileNets' rule (`_make_divisible`, arXiv:1801.04381).
    """
    rounded = max(multiple, int(number + multiple / 2) // multiple * multiple)
    return rounded + multiple if rounded < 0.9 * number else rounded


# Each comparison with the one that holds where it doesn't.
COMPARISONS: Mapping[str, str] = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
}  # fmt: skip

_RULES: Mapping[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "neg": operator.neg,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">=": operator.ge,
    ">": operator.gt, "<=": operator.le, "max": max, "min": min, "abs": abs, "round": round,
    "ceil": math.ceil, "floor": math.floor, "sqrt": math.sqrt, "log": math.log,
    "round_to": round_to,
}  # fmt: skip


def computed(function: str, numbers: Sequence[Plain]) -> Plain | None:
    """The value of an operator or function; None if it has none."""
    try:
        found: Plain = _RULES[function](*numbers)
    except (ArithmeticError, ValueError, TypeError):
        return None
    return +found if is_number(found) else found
