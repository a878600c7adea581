"""Normalizes conditions before solving: distinct, without common factors."""

from __future__ import annotations

from collections.abc import Iterable

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, Expr, Symbol, symbols_of
from netlang.ir.program import Condition
from netlang.records import replace

__all__ = ["distinct", "names_of", "reduced"]


def distinct(conditions: Iterable[Condition]) -> Iterable[Condition]:
    """The conditions without those that equal an earlier one."""
    found: dict[tuple[Dim, Relation], Condition] = {}
    for condition in conditions:
        constraint = condition.constraint
        difference = constraint.difference
        if constraint.relation is Relation.EQUAL and (-difference, Relation.EQUAL) in found:
            continue  # the same with its sides exchanged
        found.setdefault((difference, constraint.relation), condition)
    return found.values()


def reduced(condition: Condition) -> Condition:
    """The same condition without symbols that are factors of both sides."""
    constraint = condition.constraint
    difference = constraint.difference
    quotient = _without_common_symbols(difference)
    if quotient == difference:
        return condition
    return replace(condition, constraint=replace(constraint, left=quotient, right=0))


def _without_common_symbols(dim: Dim) -> Dim:
    """`dim` divided by every symbol that all of its terms contain; sizes are positive."""
    while isinstance(dim, Expr) and not dim.constant:
        common = set.intersection(
            *({a for a in monomial if isinstance(a, Symbol)} for _, monomial in dim.terms)
        )
        if not common:
            return dim
        dim = _divided(dim, min(common, key=str))
    return dim


def _divided(dim: Expr, factor: Symbol) -> Dim:
    quotient: Dim = 0
    for coefficient, monomial in dim.terms:
        at = monomial.index(factor)
        rest = monomial[:at] + monomial[at + 1 :]
        quotient = quotient + (Expr(((coefficient, rest),)) if rest else coefficient)
    return quotient


def names_of(constraint: Constraint) -> set[str]:
    """The symbols that decide whether the constraint holds."""
    return set(symbols_of(constraint.difference))
