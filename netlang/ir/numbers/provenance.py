"""Where a number came from, in terms of the block in which it was computed.

A `Traced` is an ordinary `int`, and a `TracedFloat` an ordinary `float`, that also knows the
expression over the block's parameters and inputs that gave it (``4 * width``). It compares and
hashes as its value, and loses the expression in any arithmetic outside the elaborator, so only
backends that write source need to know about it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias, TypeGuard, TypeVar

from netlang.ir.dims import Dim
from netlang.ir.numbers.computed import Plain, computed, is_number
from netlang.records import Record

__all__ = [
    "Applied", "BinaryOrigin", "CallOrigin", "InputOrigin", "ItemOrigin", "Leaf", "MOST_OPERATORS",
    "Origin", "ParameterOrigin", "Traced", "TracedFloat", "argument_of", "combined", "evaluated",
    "in_own_terms", "is_row", "leaves", "name_of", "names_in", "operators_in", "operators_of",
    "origin_of", "parts_of", "traced_in", "value_at", "with_origin", "without_origins", "written",
]  # fmt: skip

MOST_OPERATORS = 100
"""Operators of an origin: what would take more is a plain number, and pins what it is made of.

Where a name stands for `n + n`, each that is made of it by the same sum has twice the operators:
without a limit they, and the work for them, would grow exponentially.
"""


_LONGEST_ROW = 16
_Value = TypeVar("_Value")


class Applied(Record):
    """A layer with some of its arguments, as the value of a parameter."""

    @abstractmethod
    def numbers(self) -> Iterator[tuple[str, object]]:
        """The names and values of its arguments."""

    @abstractmethod
    def with_numbers(self, values: Mapping[str, object]) -> Applied:
        """The same layer with other values of some arguments."""


class ParameterOrigin(Record, gc=False):
    """The parameter `name` of the enclosing block or net.

    `unit.width` is the argument `width` of the layer that the parameter `unit` is.
    """

    name: str


class InputOrigin(Record, gc=False):
    """Axis `axis` (0 is the channels) of input `index` of the enclosing block."""

    index: int
    axis: int


class ItemOrigin(Record, gc=False):
    """Item `index` of the parameter `name`, a list."""

    name: str
    index: int


class BinaryOrigin(Record, gc=False):
    """``left operator right`` with operator one of ``+ - * / // ** %``."""

    operator: str
    left: Origin | Plain
    right: Origin | Plain


class CallOrigin(Record, gc=False):
    """A function of numbers: ``max(8, width)``; also ``neg(x)`` and comparisons, ``>(x, 1)``."""

    function: str
    arguments: tuple[Origin | Plain, ...]


_COMBINED = (BinaryOrigin, CallOrigin)

Leaf: TypeAlias = ParameterOrigin | InputOrigin | ItemOrigin
Origin: TypeAlias = Leaf | BinaryOrigin | CallOrigin


class Traced(int):
    """An int with its origin, and the number of operators in that."""

    origin: Origin
    operators: int

    def __new__(cls, value: int, origin: Origin, operators: int | None = None) -> Traced:
        traced = int.__new__(cls, value)  # asking for `super()` takes longer
        traced.origin = origin
        traced.operators = operators_in(origin) if operators is None else operators
        return traced


class TracedFloat(float):
    """A float with its origin, and the number of operators in that."""

    origin: Origin
    operators: int

    def __new__(cls, value: float, origin: Origin, operators: int | None = None) -> TracedFloat:
        traced = super().__new__(cls, value)
        traced.origin = origin
        traced.operators = operators_in(origin) if operators is None else operators
        return traced


def origin_of(value: object) -> Origin | None:
    """The origin of a number, or None if it is a plain one."""
    if type(value) is Traced or type(value) is TracedFloat:
        return value.origin
    return None


def with_origin(value: Plain, origin: Origin, operators: int | None = None) -> Plain:
    """A number with its origin; without one if that has too many operators.

    `operators` is how many it has, if that is known.
    """
    if operators is None:
        operators = operators_in(origin)
    if operators > MOST_OPERATORS:
        return value
    if isinstance(value, float):
        return TracedFloat(value, origin, operators)
    return Traced(value, origin, operators)


def combined(operator: str, left: Plain, right: Plain, value: Plain) -> Plain:
    """The `value` of ``left operator right``, with its origin if one of them has one."""
    one, two = origin_of(left), origin_of(right)
    if one is None and two is None:
        return value
    operators = 1 + operators_of(left) + operators_of(right)
    return with_origin(value, BinaryOrigin(operator, one or +left, two or +right), operators)


def operators_of(value: Plain) -> int:
    """The number of operators in the origin of a number; 0 for a plain one."""
    return value.operators if type(value) is Traced or type(value) is TracedFloat else 0


def traced_in(value: object) -> Iterator[Traced | TracedFloat]:
    """The numbers with an origin in a value, and in the lists and layers in it."""
    if isinstance(value, (Traced, TracedFloat)):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from traced_in(item)
    elif isinstance(value, Applied):
        for _, item in value.numbers():
            yield from traced_in(item)


def without_origins(value: object) -> object:
    """A number, or a list with the numbers in it, without origins; the same if it has none."""
    if isinstance(value, (Traced, TracedFloat)):
        return +value
    if isinstance(value, tuple) and next(traced_in(value), None) is not None:
        return tuple(map(without_origins, value))
    return value


def is_row(value: object) -> TypeGuard[tuple[Plain, ...]]:
    """Whether a value is a list of few enough numbers for each to have its place as its origin."""
    return (
        isinstance(value, tuple) and 0 < len(value) <= _LONGEST_ROW and all(map(is_number, value))
    )


def in_own_terms(name: str, value: _Value) -> _Value | Plain | tuple[Plain, ...] | Applied:
    """The value of a parameter as its block sees it: its numbers come from the parameter."""
    if is_number(value):
        return with_origin(+value, ParameterOrigin(name), 0)
    if isinstance(value, Applied):
        own = {key: in_own_terms(f"{name}.{key}", each) for key, each in value.numbers()}
        return value.with_numbers(own)
    if is_row(value):
        return tuple(with_origin(+each, ItemOrigin(name, i), 0) for i, each in enumerate(value))
    return value


def argument_of(parameters: Mapping[str, object], name: str) -> object:
    """The value of a parameter, or of an argument of the layer that a parameter is."""
    first, _, rest = name.partition(".")
    value = parameters.get(first)
    if not rest:
        return value
    return argument_of(dict(value.numbers()), rest) if isinstance(value, Applied) else None


def value_at(parameters: Mapping[str, object], leaf: ParameterOrigin | ItemOrigin) -> object:
    """The value of a parameter or of an item of one; None if there is none."""
    value = argument_of(parameters, leaf.name)
    if isinstance(leaf, ParameterOrigin):
        return value
    return value[leaf.index] if isinstance(value, tuple) and leaf.index < len(value) else None


def parts_of(origin: Origin | Plain) -> tuple[Origin | Plain, ...]:
    """What an origin combines; nothing for a parameter, a size or a number."""
    if isinstance(origin, BinaryOrigin):
        return origin.left, origin.right
    return origin.arguments if isinstance(origin, CallOrigin) else ()


def name_of(origin: BinaryOrigin | CallOrigin) -> str:
    """The operator or function that combines the parts."""
    return origin.operator if isinstance(origin, BinaryOrigin) else origin.function


def evaluated(origin: Origin | Plain, given: Callable[[Leaf], object]) -> Plain | None:
    """The value of an origin where its leaves are `given`; None if it has none."""
    if isinstance(origin, (int, float)):
        return origin
    if not isinstance(origin, (BinaryOrigin, CallOrigin)):
        value = given(origin)
        return value if is_number(value) else None
    values = [evaluated(part, given) for part in parts_of(origin)]
    numbers = [value for value in values if value is not None]
    return computed(name_of(origin), numbers) if len(numbers) == len(values) else None


def operators_in(origin: Origin | Plain) -> int:
    """The number of operators in an origin, at most `MOST_OPERATORS` + 1."""
    if not isinstance(origin, _COMBINED):
        return 0
    left: list[Origin | Plain] = [origin]
    count = 0
    while left and count <= MOST_OPERATORS:
        each = left.pop()
        if isinstance(each, _COMBINED):
            parts = parts_of(each)
            count += bool(parts)
            left += parts
    return count


def leaves(origin: Origin | Plain) -> Iterator[Leaf]:
    """The parameters and sizes in an origin, from left to right; shared parts are visited once."""
    left: list[Origin | Plain] = [origin]
    seen: set[int] = set()
    while left:
        each = left.pop()
        if isinstance(each, (int, float)):
            continue
        if not isinstance(each, _COMBINED):
            yield each
        elif id(each) not in seen:
            seen.add(id(each))
            left += reversed(parts_of(each))


def names_in(origin: Origin | Plain) -> frozenset[str]:
    """The parameters in an origin."""
    return frozenset(each.name for each in leaves(origin) if not isinstance(each, InputOrigin))


def written(value: Dim) -> str:
    """A number as the block may write it: in terms of its parameters, if only these decide it."""
    text = _text(value.origin) if isinstance(value, Traced) else None
    return text or str(value)


def _text(origin: Origin | Plain) -> str | None:
    if isinstance(origin, (int, float)):
        return str(+origin)
    if isinstance(origin, ParameterOrigin):
        return origin.name
    if isinstance(origin, ItemOrigin):
        return f"{origin.name}[{origin.index}]"
    texts = [text for part in parts_of(origin) if (text := _text(part)) is not None]
    if isinstance(origin, InputOrigin) or len(texts) < len(parts_of(origin)):
        return None
    grouped = [*map(_grouped, parts_of(origin), texts)]
    if isinstance(origin, BinaryOrigin):
        return f"{grouped[0]} {origin.operator} {grouped[1]}"
    if origin.function == "neg":
        return f"-{grouped[0]}"
    return f"{origin.function}({', '.join(texts)})" if origin.function.isidentifier() else None


def _grouped(origin: Origin | Plain, text: str) -> str:
    return f"({text})" if isinstance(origin, BinaryOrigin) else text
