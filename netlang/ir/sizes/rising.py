"""Inequalities of one symbol whose value never falls, or never rises: a bound is all they say.

So they are decided however long their period is: alternating strides make one of thousands.
"""

from __future__ import annotations

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, Expr, evaluate, floors_of
from netlang.ir.sizes.periodic import SizeSet
from netlang.ir.sizes.work import WorkBudget

__all__ = ["bounded"]

# No bound is looked for beyond this size: it has as many bits as evaluations take to get there.
_BITS = 40


def bounded(constraint: Constraint, name: str, work: WorkBudget) -> SizeSet | None:
    """The sizes of the symbol `name` that meet a constraint, which speaks of no other symbol.

    None if the constraint isn't such an inequality with floors in it, or if its bound is out of
    reach.
    """
    value = constraint.difference
    if constraint.relation is not Relation.AT_LEAST or not any(floors_of(value)):
        return None
    if not work.allows(2 * _BITS):
        return None
    if _never_falls(value):
        first = _first(value, name)
        return None if first is None else SizeSet(1, (((first, None),),))
    if _never_falls(-value):
        first = _first(-value - 1, name)  # from here on the value is negative
        if first is None:
            return None
        return SizeSet(1, (((1, first - 1),),)) if first > 1 else SizeSet(1, ((),))
    return None


def _never_falls(dim: Dim) -> bool:
    """Whether a dim is a sum of symbols and of floors by such sums, nothing of it subtracted."""
    if not isinstance(dim, Expr):
        return True
    dims = (dim, *(floor.numerator for floor in floors_of(dim)))
    return all(c > 0 and len(m) == 1 for each in dims for c, m in each.terms if m)


def _first(dim: Dim, name: str) -> int | None:
    """The first size at which a dim that never falls is at least 0."""
    low, high = 0, 1  # at the first it is too small, or there is no such size
    while evaluate(dim, {name: high}) < 0:
        if high.bit_length() > _BITS:
            return None
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if evaluate(dim, {name: middle}) < 0 else (low, middle)
    return high
