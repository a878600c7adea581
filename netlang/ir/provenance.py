"""Where a number came from, in terms of the block in which it was computed.

A `Traced` is an ordinary `int`, and a `TracedFloat` an ordinary `float`, that also knows the
expression over the block's parameters and inputs that gave it (``4 * width``). It compares and
hashes as its value, and loses the expression in any arithmetic outside the elaborator, so only
backends that write source need to know about it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TypeAlias, TypeGuard, TypeVar

from netlang.ir.computed import Plain, computed
from netlang.ir.dims import Dim, Expr
from netlang.records import Record

__all__ = [
    "Applied", "BinaryOrigin", "CallOrigin", "InputOrigin", "ItemOrigin", "Leaf", "MOST_OPERATORS",
    "Origin", "ParameterOrigin", "Retracing", "Traced", "TracedFloat", "argument_of",
    "in_own_terms", "is_row", "leaves", "names_in", "operators_in", "origin_of", "parts_of",
    "value_at", "with_origin", "written",
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


Leaf: TypeAlias = ParameterOrigin | InputOrigin | ItemOrigin
Origin: TypeAlias = Leaf | BinaryOrigin | CallOrigin


class Traced(int):
    """An int with its origin."""

    origin: Origin

    def __new__(cls, value: int, origin: Origin) -> Traced:
        traced = super().__new__(cls, value)
        traced.origin = origin
        return traced


class TracedFloat(float):
    """A float with its origin."""

    origin: Origin

    def __new__(cls, value: float, origin: Origin) -> TracedFloat:
        traced = super().__new__(cls, value)
        traced.origin = origin
        return traced


def origin_of(value: object) -> Origin | None:
    """The origin of a number, or None if it is a plain one."""
    return value.origin if isinstance(value, Traced | TracedFloat) else None


def with_origin(value: Plain, origin: Origin) -> Plain:
    """A number with its origin; without one if that has too many operators."""
    if operators_in(origin) > MOST_OPERATORS:
        return value
    return TracedFloat(value, origin) if isinstance(value, float) else Traced(value, origin)


def is_row(value: object) -> TypeGuard[tuple[Plain, ...]]:
    """Whether a value is a short list of numbers, each of which keeps its place as its origin."""
    return (
        isinstance(value, tuple)
        and 0 < len(value) <= _LONGEST_ROW
        and all(isinstance(item, int | float) and not isinstance(item, bool) for item in value)
    )


def in_own_terms(name: str, value: _Value) -> _Value | Plain | tuple[Plain, ...] | Applied:
    """The value of a parameter as its block sees it: its numbers come from the parameter."""
    if isinstance(value, Applied):
        own = {key: in_own_terms(f"{name}.{key}", each) for key, each in value.numbers()}
        return value.with_numbers(own)
    if is_row(value):
        return tuple(with_origin(+each, ItemOrigin(name, i)) for i, each in enumerate(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return with_origin(+value, ParameterOrigin(name))


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


def operators_in(origin: Origin | Plain) -> int:
    """The number of operators in an origin, at most `MOST_OPERATORS` + 1."""
    left: list[Origin | Plain] = [origin]
    count = 0
    while left and count <= MOST_OPERATORS:
        parts = parts_of(left.pop())
        if parts:
            count += 1
            left += parts
    return count


def leaves(origin: Origin | Plain) -> Iterator[Leaf]:
    """The parameters and sizes in an origin, from left to right; shared parts are visited once."""
    left: list[Origin | Plain] = [origin]
    seen: set[int] = set()
    while left:
        each = left.pop()
        if isinstance(each, ParameterOrigin | InputOrigin | ItemOrigin):
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
    if isinstance(origin, int | float):
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


class Retracing:
    """Expresses numbers of a callee in the terms of one caller.

    `parameters` are the arguments and `inputs` the shapes that the caller passed. Where one of them
    is a plain number, so is every part of the result that depends on it alone.

    Numbers that were computed from each other share parts of their origins, each visited once.
    """

    def __init__(
        self, parameters: Mapping[str, object], inputs: tuple[tuple[Dim, ...], ...]
    ) -> None:
        self._parameters, self._inputs = parameters, inputs
        # By identity, each stored with its origin, so that no other object can get it.
        self._outer_of: dict[int, tuple[Origin, Origin | Plain | None]] = {}

    def retrace(self, value: Dim) -> Dim:
        """A size in the caller's terms; plain if those are plain numbers."""
        if not isinstance(value, Traced):
            return value
        outer = self.origin(value.origin)
        if outer is None or isinstance(outer, int | float):
            return int(value)
        return Traced(int(value), outer)

    def number(self, value: Plain | Expr) -> Plain | Expr:
        """A number in the caller's terms; plain if those are plain numbers."""
        if not isinstance(value, TracedFloat):
            return value if isinstance(value, float) else self.retrace(value)
        outer = self.origin(value.origin)
        if outer is None or isinstance(outer, int | float):
            return +value
        return TracedFloat(value, outer)

    def origin(self, origin: Origin | Plain) -> Origin | Plain | None:
        """An origin in the caller's terms: a number if it is made of these; None if unknown."""
        if isinstance(origin, int | float):
            return origin
        if isinstance(origin, BinaryOrigin | CallOrigin):
            done = self._outer_of.get(id(origin))
            if done is None:
                done = self._outer_of[id(origin)] = (origin, self._combined(origin))
            return done[1]
        return self._given(origin)

    def _given(self, leaf: Leaf) -> Origin | Plain | None:
        given: object
        if isinstance(leaf, InputOrigin):
            sizes = self._inputs[leaf.index]
            given = sizes[leaf.axis] if leaf.axis < len(sizes) else None
        else:
            given = value_at(self._parameters, leaf)
        known = origin_of(given)
        if known is not None:
            return known
        return given if isinstance(given, int | float) and not isinstance(given, bool) else None

    def _combined(self, origin: BinaryOrigin | CallOrigin) -> Origin | Plain | None:
        parts = [outer for part in parts_of(origin) if (outer := self.origin(part)) is not None]
        if len(parts) < len(parts_of(origin)):
            return None
        numbers = [part for part in parts if isinstance(part, int | float)]
        if isinstance(origin, CallOrigin):
            whole = len(numbers) == len(parts)
            return (
                computed(origin.function, numbers)
                if whole
                else CallOrigin(origin.function, tuple(parts))
            )
        if len(numbers) == 2:
            return computed(origin.operator, numbers)
        return BinaryOrigin(origin.operator, *parts)
