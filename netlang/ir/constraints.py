"""Conditions on sizes that hold for some inputs only."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from netlang.ir.dims import Dim, evaluate
from netlang.records import Record, set_once

__all__ = ["Constraint", "Relation"]


class Relation(Enum):
    EQUAL = "=="
    AT_LEAST = ">="


class Constraint(Record, gc=False):
    """``left relation right``, and the reason why the operator needs it.

    `difference` is what must be 0, or at least 0.
    """

    left: Dim
    relation: Relation
    right: Dim
    reason: str
    difference: Dim = 0

    def __post_init__(self) -> None:
        set_once(self, "difference", self.left - self.right)

    def holds(self, sizes: Mapping[str, int]) -> bool:
        """Whether the condition holds at the given sizes."""
        left, right = evaluate(self.left, sizes), evaluate(self.right, sizes)
        return left == right if self.relation is Relation.EQUAL else left >= right

    def __str__(self) -> str:
        return f"{self.left} {self.relation.value} {self.right}"
