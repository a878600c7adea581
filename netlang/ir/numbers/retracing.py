"""Numbers of a callee in the terms of one caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from netlang.ir.dims import Dim, Expr
from netlang.ir.numbers.computed import Plain, computed, is_number
from netlang.ir.numbers.provenance import (
    BinaryOrigin,
    CallOrigin,
    InputOrigin,
    Leaf,
    Origin,
    Traced,
    TracedFloat,
    name_of,
    parts_of,
    value_at,
)

__all__ = ["Retracing"]

# An origin or number in the caller's terms, None if unknown, and the number of operators in it.
_Outer: TypeAlias = tuple[Origin | Plain | None, int]


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
        self._outer_of: dict[int, tuple[Origin, _Outer]] = {}

    def retrace(self, value: Dim) -> Dim:
        """A size in the caller's terms; plain if those are plain numbers."""
        if not isinstance(value, Traced):
            return value
        outer, operators = self._outer(value.origin)
        if outer is None or isinstance(outer, (int, float)):
            return int(value)
        return Traced(int(value), outer, operators)

    def number(self, value: Plain | Expr) -> Plain | Expr:
        """A number in the caller's terms; plain if those are plain numbers."""
        if not isinstance(value, TracedFloat):
            return value if isinstance(value, float) else self.retrace(value)
        outer, operators = self._outer(value.origin)
        if outer is None or isinstance(outer, (int, float)):
            return +value
        return TracedFloat(value, outer, operators)

    def origin(self, origin: Origin | Plain) -> Origin | Plain | None:
        """An origin in the caller's terms: a number if it is made of these; None if unknown."""
        return self._outer(origin)[0]

    def _outer(self, origin: Origin | Plain) -> _Outer:
        if isinstance(origin, (int, float)):
            return origin, 0
        if isinstance(origin, (BinaryOrigin, CallOrigin)):
            done = self._outer_of.get(id(origin))
            if done is None:
                done = self._outer_of[id(origin)] = (origin, self._combined(origin))
            return done[1]
        return self._given(origin)

    def _given(self, leaf: Leaf) -> _Outer:
        given: object
        if isinstance(leaf, InputOrigin):
            sizes = self._inputs[leaf.index]
            given = sizes[leaf.axis] if leaf.axis < len(sizes) else None
        else:
            given = value_at(self._parameters, leaf)
        if isinstance(given, (Traced, TracedFloat)):
            return given.origin, given.operators
        return given if is_number(given) else None, 0

    def _combined(self, origin: BinaryOrigin | CallOrigin) -> _Outer:
        whole = parts_of(origin)
        parts, operators = [], 1 if whole else 0
        for part in whole:
            outer, more = self._outer(part)
            if outer is None:
                return None, 0
            parts.append(outer)
            operators += more
        numbers = [part for part in parts if isinstance(part, (int, float))]
        if len(numbers) == len(parts):
            return computed(name_of(origin), numbers), 0
        if isinstance(origin, CallOrigin):
            return CallOrigin(origin.function, tuple(parts)), operators
        return BinaryOrigin(origin.operator, *parts), operators
