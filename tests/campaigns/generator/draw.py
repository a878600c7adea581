"""Random choices from one seed, and sizes as numbers where the net has symbols."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from netlang.ir.dims import Dim, evaluate
from netlang.ir.types import TensorType

__all__ = ["Draw", "divisors"]

T = TypeVar("T")


def divisors(number: int) -> list[int]:
    """Every divisor of a positive number."""
    return [d for d in range(1, number + 1) if number % d == 0]


@dataclass
class Draw:
    """Where every choice of a spec comes from; `sizes` are the defaults of its symbols."""

    random: random.Random
    sizes: Mapping[str, int] = field(default_factory=lambda: {"N": 1})

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.random.randint(low, max(low, high))

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.random.random() * len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        found = list(items)
        self.random.shuffle(found)
        return found

    def near(self, value: float, factor: float = 10.0) -> float:
        """A number within a factor, of few digits."""
        return float(f"{value * factor ** self.random.uniform(-1, 1):.2g}")

    def size(self, dim: Dim) -> int:
        """A size at the defaults."""
        return evaluate(dim, self.sizes)

    def shape(self, type_: TensorType) -> tuple[int, ...]:
        """A shape at the defaults."""
        return tuple(self.size(dim) for dim in type_.shape)

    def per_axis(self, values: Sequence[int]) -> int | tuple[int, ...]:
        """One number for all axes where they are the same, mostly."""
        if len(set(values)) == 1 and self.chance(0.7):
            return values[0]
        return tuple(values)
