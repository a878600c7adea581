"""Conditions on two symbols that come apart into one on each: reshapes to a grid of patches.

With H = L t + r and W = M u + q, a dim made of H, W and their floors is for each pair of residues
(r, q) a polynomial in t and u; its coefficients in the basis of products of binomials C(t, i) and
C(u, j) are its finite differences at 0 (Graham, Knuth, Patashnik, Concrete Mathematics, 5.3). All
zero: it is 0 for all such H and W. None negative and the constant positive: it is positive for all
of them. If every pair of residues is decided that way, and those that hold are all pairs of two
sets, the condition has come apart.
"""

from __future__ import annotations

from itertools import pairwise, product
from math import lcm

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, Expr, Floor, evaluate, floors_of, symbols_of
from netlang.ir.periodic import SizeSet, law_of, positive

__all__ = ["separated"]

# Larger tables of residues, and polynomials of higher degree in one symbol, are left undecided.
MOST_PAIRS = 1024
HIGHEST_DEGREE = 3


def separated(constraint: Constraint, first: str, second: str) -> tuple[SizeSet, SizeSet] | None:
    """The sizes of each of two symbols that meet the constraint, if they are independent."""
    difference = constraint.left - constraint.right
    one, two = _shape(difference, first), _shape(difference, second)
    if one is None or two is None or one[0] * two[0] > MOST_PAIRS:
        return None
    holding = set()
    for r, q in product(range(1, one[0] + 1), range(1, two[0] + 1)):
        grid = [
            [
                evaluate(difference, {first: r + one[0] * t, second: q + two[0] * u})
                for u in range(two[1] + 1)
            ]
            for t in range(one[1] + 1)
        ]
        holds = _decided(_coefficients(grid), constraint.relation)
        if holds is None:
            return None
        if holds:
            holding.add((r, q))
    if not holding:
        return _set(one[0], set()), positive
    rows, columns = {r for r, _ in holding}, {q for _, q in holding}
    if len(holding) != len(rows) * len(columns):
        return None
    return _set(one[0], rows), _set(two[0], columns)


def _shape(difference: Dim, name: str) -> tuple[int, int] | None:
    """Period and degree of a dim in one symbol, if its floors are of one symbol each."""
    period = 1
    for floor in floors_of(difference):
        names = set(symbols_of(floor.numerator))
        law = law_of(Expr(((1, (floor,)),))) if len(names) == 1 else None
        if law is None:
            return None
        if name in names:
            period = lcm(period, law[0])
    terms = difference.terms if isinstance(difference, Expr) else ()
    degree = max(
        (sum(name in _names(atom) for atom in monomial) for _, monomial in terms), default=0
    )
    return (period, degree) if period <= MOST_PAIRS and degree <= HIGHEST_DEGREE else None


def _names(atom: object) -> set[str]:
    return set(symbols_of(atom.numerator)) if isinstance(atom, Floor) else {str(atom)}


def _coefficients(grid: list[list[int]]) -> list[int]:
    """The coefficients in the binomial basis, the constant first."""
    rows = [_differences(row) for row in grid]
    columns = [_differences(list(column)) for column in zip(*rows, strict=True)]
    return [value for column in columns for value in column]


def _differences(values: list[int]) -> list[int]:
    """The finite differences of every order at 0."""
    found = []
    while values:
        found.append(values[0])
        values = [b - a for a, b in pairwise(values)]
    return found


def _decided(coefficients: list[int], relation: Relation) -> bool | None:
    """Whether the relation to 0 holds everywhere or nowhere; None if neither can be told."""
    if not any(coefficients):
        return True
    rises, falls = min(coefficients) >= 0, max(coefficients) <= 0
    if relation is Relation.AT_LEAST and rises:
        return True
    if (falls and coefficients[0] < 0) or (
        relation is Relation.EQUAL and rises and coefficients[0] > 0
    ):
        return False
    return None


def _set(period: int, members: set[int]) -> SizeSet:
    runs = [(index or period, None) for index in range(period)]
    return SizeSet(period, tuple(run if run[0] in members else None for run in runs))
