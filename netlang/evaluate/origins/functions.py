"""What a function of the language makes of the origins of its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from netlang.evaluate.values import Value
from netlang.ir.numbers.computed import Plain, is_number
from netlang.ir.numbers.provenance import BinaryOrigin, CallOrigin, Origin, origin_of, with_origin

__all__ = ["with_function"]

# Functions that are written as operators between their arguments.
_OPERATORS = {"sum": "+", "product": "*"}
_CALLS = frozenset({"min", "max", "abs", "round", "ceil", "floor", "sqrt", "log", "round_to"})


def with_function(name: str, values: Sequence[Value], found: Value) -> Value:
    """The value `found` of a function with the origin that the arguments give it, if any."""
    if not is_number(found):
        return found
    items: Sequence[object] = values
    if len(values) == 1 and isinstance(values[0], tuple):
        items = values[0]
    parts = [part for item in items if (part := _part(item)) is not None]
    if len(parts) < len(items) or all(isinstance(part, (int, float)) for part in parts):
        return +found
    if name in _OPERATORS:
        symbol = _OPERATORS[name]
        whole = reduce(lambda left, right: BinaryOrigin(symbol, left, right), parts)
        assert not isinstance(whole, (int, float))
        return with_origin(+found, whole)
    return with_origin(+found, CallOrigin(name, tuple(parts))) if name in _CALLS else +found


def _part(item: object) -> Origin | Plain | None:
    """An argument in an origin: its own origin, or a plain number."""
    origin = origin_of(item)
    if origin is not None:
        return origin
    return item if is_number(item) else None
