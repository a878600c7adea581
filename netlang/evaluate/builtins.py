"""The functions of the language: `len range enumerate zip any all sum ... product round_to`.

Each takes and returns compile-time values, and raises a `Refusal` in words for others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from operator import add, mul

from netlang.evaluate.values import Value, kind_of
from netlang.ir.dims import Dim, Expr
from netlang.ir.numbers.computed import is_number, round_to
from netlang.ops import KEYWORDS, is_keyword, operator

__all__ = ["FUNCTIONS", "KEEPING", "OF_SIZES", "USAGE", "Refusal", "is_word"]

OF_SIZES = frozenset({"sum", "product"})
"""Functions that take sizes of the input, too."""

_LONGEST = 100_000


class Refusal(Exception):
    """The reason why a function doesn't accept its arguments."""


def _numbers(values: tuple[Value, ...]) -> list[int | float]:
    """The arguments, or the single list that was given, as plain numbers."""
    items = values[0] if len(values) == 1 and isinstance(values[0], tuple) else values
    numbers: list[int | float] = []
    for item in items:
        if not is_number(item):
            raise Refusal(f"{kind_of(item)} isn't a number")
        numbers.append(item)
    return numbers


def _number(value: Value) -> int | float:
    return _numbers((value,))[0] if not isinstance(value, tuple) else _not_one()


def _not_one() -> int | float:
    raise Refusal("a list isn't a number")


def _whole_number(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal(f"{kind_of(value)} isn't a whole number")
    return int(value)


def _items(value: Value) -> tuple[Value, ...]:
    if not isinstance(value, tuple):
        raise Refusal(f"{kind_of(value)} isn't a list")
    return value


def _range(*bounds: Value) -> Value:
    whole = [_whole_number(bound) for bound in bounds]
    if len(whole) == 3 and whole[2] == 0:
        raise Refusal("the step is 0")
    numbers = range(*whole)
    # `len` of a range fails beyond 2^63, slicing it doesn't.
    if numbers[_LONGEST:]:
        raise Refusal(f"more than {_LONGEST:,} items")
    return tuple(numbers)


def _nonempty(values: tuple[Value, ...]) -> list[int | float]:
    numbers = _numbers(values)
    if not numbers:
        raise Refusal("the list is empty")
    return numbers


def _round(value: Value, digits: Value = 0) -> Value:
    """Rounding half to even, as in Python and in the papers' code."""
    return round(_number(value), _whole_number(digits)) if digits else round(_number(value))


def _round_to(value: Value, multiple: Value) -> int:
    number, step = _number(value), _whole_number(multiple)
    if step < 1:
        raise Refusal("the multiple must be >= 1")
    return round_to(number, step)


def _sizes(values: tuple[Value, ...]) -> list[Dim | float]:
    """The arguments, or the single list that was given: numbers, and sizes of the input too."""
    items = values[0] if len(values) == 1 and isinstance(values[0], tuple) else values
    sizes: list[Dim | float] = []
    for item in items:
        if not isinstance(item, (int, float, Expr)) or isinstance(item, bool):
            raise Refusal(f"{kind_of(item)} isn't a number")
        sizes.append(item)
    return sizes


def _sum(*values: Value) -> Value:
    return reduce(add, _sizes(values), 0)


def _product(*values: Value) -> Value:
    return reduce(mul, _sizes(values), 1)


def _sqrt(value: Value) -> float:
    if _number(value) < 0:
        raise Refusal("the number is negative")
    return math.sqrt(_number(value))


def _log(value: Value, base: Value = math.e) -> float:
    if _number(value) <= 0 or _number(base) <= 0 or _number(base) == 1:
        raise Refusal("the number must be positive")
    return math.log(_number(value), _number(base)) if base != math.e else math.log(_number(value))


def _largest(*values: Value) -> Value:
    return max(_nonempty(values))


def _smallest(*values: Value) -> Value:
    return min(_nonempty(values))


def _truths(items: Value) -> list[bool]:
    truths: list[bool] = []
    for item in _items(items):
        if not isinstance(item, bool):
            raise Refusal(f"an item is {kind_of(item)}, not a truth value")
        truths.append(item)
    return truths


def _enumerate(items: Value, start: Value = 0) -> Value:
    return tuple(enumerate(_items(items), _whole_number(start)))


def _zip(*lists: Value) -> Value:
    columns = [_items(items) for items in lists]
    if len({len(column) for column in columns}) > 1:
        lengths = ", ".join(str(len(column)) for column in columns)
        raise Refusal(f"the lists differ in length: {lengths}")
    return tuple(zip(*columns, strict=True))


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "len": lambda items: len(_items(items)),
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "any": lambda items: any(_truths(items)),
    "all": lambda items: all(_truths(items)),
    "sum": _sum,
    "min": _smallest,
    "max": _largest,
    "abs": lambda value: abs(_number(value)),
    "round": _round,
    "ceil": lambda value: math.ceil(_number(value)),
    "floor": lambda value: math.floor(_number(value)),
    "sqrt": _sqrt,
    "log": _log,
    "product": _product,
    "round_to": _round_to,
}

KEEPING = frozenset({"enumerate", "zip", "len"})
"""Functions that hand on the numbers of their lists, or don't look at them."""

USAGE: dict[str, str] = {
    "len": "len(list)",
    "range": "range(stop), range(start, stop) or range(start, stop, step)",
    "enumerate": "enumerate(list) or enumerate(list, start)",
    "zip": "zip(list, list, ...)",
    "any": "any(list)",
    "all": "all(list)",
    "sum": "sum(list)",
    "min": "min(list) or min(a, b, ...)",
    "max": "max(list) or max(a, b, ...)",
    "abs": "abs(x)",
    "round": "round(x) or round(x, digits)",
    "ceil": "ceil(x)",
    "floor": "floor(x)",
    "sqrt": "sqrt(x)",
    "log": "log(x) or log(x, base)",
    "product": "product(list)",
    "round_to": "round_to(x, multiple)",
}


def is_word(name: str) -> bool:
    """Whether a name has a meaning even if nothing in the file defines it."""
    known = name in FUNCTIONS or name in KEYWORDS or is_keyword(name)
    return known or operator(name) is not None
