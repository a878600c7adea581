"""Sums and products of sizes that keep the origin of their numbers.

Plain arithmetic forgets where a `Traced` number came from. An operator whose output size is a sum
or a product of sizes (`concat`, `flatten`) uses these functions, so that a backend can express
later sizes in terms of the block's parameters.
"""

from __future__ import annotations

from collections.abc import Iterable

from netlang.ir.dims import Dim
from netlang.ir.provenance import MOST_OPERATORS, BinaryOrigin, Traced, operators_in, origin_of

__all__ = ["traced_product", "traced_sum"]


def traced_sum(sizes: Iterable[Dim]) -> Dim:
    """The sum of `sizes`, traced if all are numbers and any of them is traced."""
    total: Dim = 0
    for size in sizes:
        total = _join("+", total, size, neutral=0)
    return total


def traced_product(sizes: Iterable[Dim]) -> Dim:
    """The product of `sizes`, traced if all are numbers and any of them is traced."""
    total: Dim = 1
    for size in sizes:
        total = _join("*", total, size, neutral=1)
    return total


def _join(operator: str, left: Dim, right: Dim, neutral: int) -> Dim:
    if left == neutral and not isinstance(left, Traced):
        return right
    if right == neutral and not isinstance(right, Traced):
        return left
    value = left + right if operator == "+" else left * right
    if not isinstance(left, int) or not isinstance(right, int) or not isinstance(value, int):
        return value
    if not isinstance(left, Traced) and not isinstance(right, Traced):
        return value
    origin = BinaryOrigin(operator, origin_of(left) or int(left), origin_of(right) or int(right))
    return Traced(value, origin) if operators_in(origin) <= MOST_OPERATORS else value
