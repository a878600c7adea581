"""Where a number came from, in terms of the block in which it was computed.

A `Traced` is an ordinary `int` that also knows the expression over the block's parameters and
inputs that gave it (``4 * width``). It compares and hashes as its value, and loses the expression
in any arithmetic outside the elaborator, so only backends that write source need to know about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from netlang.ir.dims import Dim, Expr
from netlang.records import Record

__all__ = [
    "BinaryOrigin",
    "MOST_OPERATORS",
    "InputOrigin",
    "Origin",
    "ParameterOrigin",
    "Retracing",
    "Traced",
    "names_in",
    "operators_in",
    "origin_of",
    "retrace",
    "written",
]

MOST_OPERATORS = 100
"""Operators of an origin: what would take more is a plain number, and pins what it is made of.

Where a name stands for `n + n`, each that is made of it by the same sum has twice the operators:
without a limit they, and the work for them, would grow exponentially.
"""


class ParameterOrigin(Record, gc=False):
    """The parameter `name` of the enclosing block or net."""

    name: str


class InputOrigin(Record, gc=False):
    """Axis `axis` (0 is the channels) of input `index` of the enclosing block."""

    index: int
    axis: int


class BinaryOrigin(Record, gc=False):
    """``left operator right`` with operator one of ``+ - * // ** %``."""

    operator: str
    left: Origin | int
    right: Origin | int


Origin: TypeAlias = ParameterOrigin | InputOrigin | BinaryOrigin


class Traced(int):
    """An int with its origin."""

    origin: Origin

    def __new__(cls, value: int, origin: Origin) -> Traced:
        traced = super().__new__(cls, value)
        traced.origin = origin
        return traced


def origin_of(value: object) -> Origin | None:
    """The origin of a number, or None if it is a plain one."""
    return value.origin if isinstance(value, Traced) else None


def operators_in(origin: Origin | int) -> int:
    """The number of operators in an origin, at most `MOST_OPERATORS` + 1."""
    left: list[Origin | int] = [origin]
    count = 0
    while left and count <= MOST_OPERATORS:
        each = left.pop()
        if isinstance(each, BinaryOrigin):
            count += 1
            left += (each.left, each.right)
    return count


def names_in(origin: Origin | int) -> frozenset[str]:
    """The parameters in an origin."""
    if isinstance(origin, ParameterOrigin):
        return frozenset({origin.name})
    if isinstance(origin, BinaryOrigin):
        return names_in(origin.left) | names_in(origin.right)
    return frozenset()


def written(value: Dim) -> str:
    """A number as the block may write it: in terms of its parameters, if only these decide it."""
    text = _text(value.origin) if isinstance(value, Traced) else None
    return text or str(value)


def _text(origin: Origin | int) -> str | None:
    if isinstance(origin, int):
        return str(int(origin))
    if isinstance(origin, ParameterOrigin):
        return origin.name
    if isinstance(origin, InputOrigin):
        return None
    left, right = _text(origin.left), _text(origin.right)
    if left is None or right is None:
        return None
    sides = (_grouped(origin.left, left), _grouped(origin.right, right))
    return f"{sides[0]} {origin.operator} {sides[1]}"


def _grouped(origin: Origin | int, text: str) -> str:
    return f"({text})" if isinstance(origin, BinaryOrigin) else text


def retrace(
    value: Dim, parameters: Mapping[str, object], inputs: tuple[tuple[Dim, ...], ...]
) -> Dim:
    """A number of a callee in the caller's terms.

    `parameters` are the arguments and `inputs` the shapes that the caller passed. Where one of them
    is a plain number, so is every part of the result that depends on it alone.
    """
    if not isinstance(value, Traced):
        return value
    return Retracing(parameters, inputs).retrace(value)


class Retracing:
    """Expresses numbers of a callee in the terms of one caller; see `retrace`.

    Numbers that were computed from each other share parts of their origins; each part is visited
    once.
    """

    def __init__(
        self, parameters: Mapping[str, object], inputs: tuple[tuple[Dim, ...], ...]
    ) -> None:
        self._parameters, self._inputs = parameters, inputs
        # By identity, each stored with its origin, so that no other object can get it.
        self._outer_of: dict[int, tuple[BinaryOrigin, BinaryOrigin | None]] = {}

    def retrace(self, value: Dim) -> Dim:
        """A number in the caller's terms; plain if those are plain numbers."""
        if not isinstance(value, Traced):
            return value
        outer = self._outer(value.origin)
        return int(value) if outer is None or isinstance(outer, int) else Traced(int(value), outer)

    def _outer(self, origin: Origin | int) -> Origin | int | None:
        if isinstance(origin, BinaryOrigin):
            done = self._outer_of.get(id(origin))
            if done is None:
                done = self._outer_of[id(origin)] = (origin, self._computed(origin))
            return done[1]
        if isinstance(origin, int):
            return origin
        if isinstance(origin, ParameterOrigin):
            given = self._parameters[origin.name]
        else:
            given = self._inputs[origin.index][origin.axis]
        if isinstance(given, Traced):
            return given.origin
        return given if isinstance(given, int) and not isinstance(given, bool | Expr) else None

    def _computed(self, origin: BinaryOrigin) -> BinaryOrigin | None:
        left, right = self._outer(origin.left), self._outer(origin.right)
        if left is None or right is None or (isinstance(left, int) and isinstance(right, int)):
            return None
        return BinaryOrigin(origin.operator, left, right)
