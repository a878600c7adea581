"""Arithmetic of sizes that keeps the origin of their numbers.

Plain arithmetic forgets where a `Traced` number came from. An operator whose output size is a sum
or a product of sizes (`concat`, `flatten`), or a part of one (`slice`), uses these functions, so
that a backend can express later sizes in terms of the block's parameters.
"""

from __future__ import annotations

from collections.abc import Iterable

from netlang.ir.dims import Dim, floor_div
from netlang.ir.numbers.provenance import Traced, combined

__all__ = [
    "traced_ceil_div", "traced_difference", "traced_floor_div", "traced_product",
    "traced_remainder", "traced_sum",
]  # fmt: skip


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
    return _made(operator, left, right, left + right if operator == "+" else left * right)


def traced_difference(left: Dim, right: Dim) -> Dim:
    """``left - right``, traced if both are numbers and one is traced."""
    if right == 0 and not isinstance(right, Traced):
        return left
    return _made("-", left, right, left - right)


def traced_floor_div(size: Dim, divisor: int) -> Dim:
    """``size // divisor``, traced if `size` is a number and one of them is traced."""
    if divisor == 1 and not isinstance(divisor, Traced):
        return size
    return _made("//", size, divisor, floor_div(size, divisor))


def traced_ceil_div(size: Dim, divisor: int) -> Dim:
    """``ceil(size / divisor)``, traced if `size` is a number and one of them is traced."""
    if divisor == 1 and not isinstance(divisor, Traced):
        return size
    return traced_floor_div(traced_sum((size, traced_difference(divisor, 1))), divisor)


def traced_remainder(size: int, divisor: int) -> Dim:
    """``size % divisor``, traced if one of them is."""
    return _made("%", size, divisor, size % divisor)


def _made(operator: str, left: Dim, right: Dim, value: Dim) -> Dim:
    """The value of an operator, traced if all are numbers and an operand is traced."""
    if not isinstance(left, int) or not isinstance(right, int) or not isinstance(value, int):
        return value
    found = combined(operator, left, right, value)
    assert isinstance(found, int)
    return found
