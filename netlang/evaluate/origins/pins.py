"""What a body's numbers decided besides numbers: a loop, a condition, the length of a list.

A number that has an origin is *pinned* where its value decides on the steps: with another value the
block could have others. On exit, `Pins.conditions` holds what has to be true for the same steps.
"""

from __future__ import annotations

from netlang.evaluate.values import Items, Layer, Value
from netlang.ir.numbers.computed import COMPARISONS
from netlang.ir.numbers.provenance import (
    MOST_OPERATORS,
    CallOrigin,
    Leaf,
    Origin,
    leaves,
    operators_in,
    operators_of,
    origin_of,
)
from netlang.records import Draft, field

__all__ = ["Pins"]


class Pins(Draft):
    """The parameters and sizes that decided something, and the conditions that were met."""

    leaves: set[Leaf] = field(default_factory=set)
    conditions: dict[CallOrigin, None] = field(default_factory=dict)

    def pin(self, value: Value) -> Value:
        """The value without its origin, which is recorded as decisive."""
        if isinstance(value, (int, float)):
            origin = origin_of(value)
            if origin is None:
                return value
            self._met(CallOrigin("==", (origin, +value)), 1 + operators_of(value))
            return +value
        if isinstance(value, tuple):
            items = Items.of(value)
            return Items.of(tuple(map(self.pin, items))) if items.traced else items
        if isinstance(value, Layer):
            return value.mapped(self.pin)
        return value

    def compared(self, symbol: str, left: Value, right: Value, outcome: bool) -> None:
        """Record a comparison of two numbers with its outcome."""
        one, two = origin_of(left), origin_of(right)
        if one is None and two is None:
            return
        assert isinstance(left, (int, float))
        assert isinstance(right, (int, float))
        sides: tuple[Origin | int | float, ...] = (one or +left, two or +right)
        condition = CallOrigin(symbol if outcome else COMPARISONS[symbol], sides)
        self._met(condition, 1 + operators_of(left) + operators_of(right))

    def met(self, condition: CallOrigin) -> None:
        """Record a condition that is true; of one that is too long, what it is about."""
        self._met(condition, operators_in(condition))

    def _met(self, condition: CallOrigin, operators: int) -> None:
        if operators > MOST_OPERATORS:
            self.leaves.update(leaves(condition))
        elif condition not in self.conditions:
            self.conditions[condition] = None
            self.leaves.update(leaves(condition))
