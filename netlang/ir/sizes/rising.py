"""Inequalities of one symbol whose value never falls, or never rises: each is just a bound.

So they are decided however long their period is: alternating strides make one of thousands.
"""

from __future__ import annotations

from collections.abc import Callable

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, Expr, evaluate, floors_of, grows
from netlang.ir.sizes.periodic import SizeSet
from netlang.ir.sizes.work import WorkBudget

__all__ = ["bounded", "first_size"]

# No bound is looked for beyond this size: it has as many bits as evaluations take to get there.
_BITS = 40
_LARGEST = (1 << _BITS) - 1


def bounded(constraint: Constraint, name: str, work: WorkBudget) -> SizeSet | None:
    """The sizes of the symbol `name` that meet a constraint, which contains no other symbol.

    None if the constraint isn't such an inequality with floors in it, or if its bound is out of
    reach.
    """
    value = constraint.difference
    if constraint.relation is not Relation.AT_LEAST or not any(floors_of(value)):
        return None
    if not work.allows(2 * _BITS):
        return None
    if _is_rising(value):
        first = first_size(lambda size: evaluate(value, {name: size}) >= 0, 1, _LARGEST)
        return None if first is None else SizeSet(1, (((first, None),),))
    if _is_rising(-value):
        first = first_size(lambda size: evaluate(value, {name: size}) < 0, 1, _LARGEST)
        if first is None:
            return None
        return SizeSet(1, (((1, first - 1),),)) if first > 1 else SizeSet(1, ((),))
    return None


def _is_rising(dim: Dim) -> bool:
    """Whether a dim grows and multiplies no sizes: negative floors can't turn it then."""
    dims = (dim, *(floor.numerator for floor in floors_of(dim)))
    factors = (m for each in dims if isinstance(each, Expr) for _, m in each.terms)
    return grows(dim) and all(len(monomial) <= 1 for monomial in factors)


def first_size(holds: Callable[[int], bool], low: int, largest: int | None = None) -> int | None:
    """The first size from `low` on at which something holds that holds from some size on.

    By doubling and bisection; None if it doesn't hold at a size that is beyond `largest`.
    """
    high = low
    while not holds(high):
        if largest is not None and high > largest:
            return None
        low, high = high + 1, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
