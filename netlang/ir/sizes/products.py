"""Factors polynomials of several symbols: one factor per symbol, minus a number.

(H//2 - 1)(W//2 - 1) >= 1 is already expanded when it becomes a condition. Its coefficients, with a
row for each part in H and a column for each part in W, form a matrix of rank one except for the
constant, so the factors are a row and a column of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import TypeAlias

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, Expr, Floor, Monomial, evaluate, symbols_of
from netlang.ir.sizes.quasi import law_of
from netlang.ir.sizes.work import WorkBudget

__all__ = ["equal_factors", "factored"]

# The coefficients of a polynomial: by what their monomials have of a symbol, and of the others.
_Matrix: TypeAlias = dict[tuple[Monomial, Monomial], int]


def factored(dim: Dim, names: tuple[str, ...]) -> tuple[dict[str, Dim], int] | None:
    """A factor in each symbol, and the number by which their product exceeds `dim`."""
    first = _split(dim, names[0])
    if first is None:
        return None
    found: dict[str, Dim] = {}
    own, rest, over = first
    found[names[0]] = own
    for name in names[1:-1]:
        split = _split(rest, name)
        if split is None or split[2]:
            return None
        found[name], rest, _ = split
    if not isinstance(rest, Expr) or set(symbols_of(rest)) != {names[-1]}:
        return None
    return {**found, names[-1]: rest}, over


def equal_factors(
    constraint: Constraint, lows: Mapping[str, int], work: WorkBudget
) -> dict[str, Constraint] | None:
    """Equal products as one equality per symbol, if they separate from `lows` on.

    a(H) b(W) = c(H) d(W) holds only where a = c and b = d if a >= c >= 0 and b >= d >= 0, and a and
    b are positive: otherwise a b > c d. Rows and columns of patches are of this kind: h >= 4
    (h//4).
    """
    if constraint.relation is not Relation.EQUAL or len(lows) < 2:
        return None
    left, right = (factored(side, tuple(lows)) for side in (constraint.left, constraint.right))
    if left is None or right is None or left[1] or right[1]:
        return None
    found: dict[str, Constraint] = {}
    ratio, signs = Fraction(1), set()
    for name, low in lows.items():
        pair = _of_one_growth(left[0][name], right[0][name])
        sign = None if pair is None else _sign(pair[0], pair[1], name, low, work)
        if pair is None or sign is None:
            return None
        ratio *= pair[2]
        if sign:
            found[name] = Constraint(pair[0], Relation.EQUAL, pair[1], constraint.reason)
            signs.add(sign)
    return found if ratio == 1 and len(signs) < 2 else None


def _of_one_growth(one: Dim, two: Dim) -> tuple[Dim, Dim, Fraction] | None:
    """Two quasi-linear dims scaled to the same growth, and the ratio of the scales."""
    first, second = law_of(one), law_of(two)
    if first is None or second is None or first[1] <= 0 or second[1] <= 0:
        return None
    ratio = Fraction(first[1] * second[0], first[0] * second[1])
    return ratio.denominator * one, ratio.numerator * two, ratio


def _sign(one: Dim, two: Dim, name: str, low: int, work: WorkBudget) -> int | None:
    """1 if the first dim is nowhere smaller, -1 if nowhere larger, 0 if equal; else None.

    Both grow alike. None also if one is negative somewhere, or the larger one 0, from `low` on.
    """
    laws = law_of(one), law_of(two)
    assert laws[0] is not None
    assert laws[1] is not None
    period = lcm(laws[0][0], laws[1][0])
    if not work.allows(2 * period):
        return None
    signs = set()
    for size in range(low, low + period):
        values = evaluate(one, {name: size}), evaluate(two, {name: size})
        if min(values) < 0 or max(values) == 0:
            return None
        signs.add((values[0] > values[1]) - (values[0] < values[1]))
    signs.discard(0)
    return None if len(signs) > 1 else next(iter(signs), 0)


def _split(dim: Dim, name: str) -> tuple[Dim, Dim, int] | None:
    """A factor in one symbol, the factor in the others, and their product's excess over dim."""
    matrix = _matrix(dim, name)
    corner = next((place for place in matrix if place[0] and place[1]), None)
    if corner is None:
        return None
    row = {other: c for (own, other), c in matrix.items() if own == corner[0]}
    common = gcd(*row.values())
    rest = {other: c // common for other, c in row.items()}
    column = {own: c for (own, other), c in matrix.items() if other == corner[1]}
    if any(c % rest[corner[1]] for c in column.values()):
        return None
    factor = {own: c // rest[corner[1]] for own, c in column.items()}
    if rest[corner[1]] < 0:
        factor, rest = _negative(factor), _negative(rest)
    product = {(a, b): x * y for a, x in factor.items() for b, y in rest.items()}
    constant = ((), ())
    over = product.get(constant, 0) - matrix.get(constant, 0)
    same = {place: c for place, c in product.items() if place != constant}
    if same != {place: c for place, c in matrix.items() if place != constant}:
        return None
    return _sum(factor), _sum(rest), over


def _matrix(dim: Dim, name: str) -> _Matrix:
    """The coefficients of a dim; empty if a floor contains several symbols, one of them `name`."""
    found: _Matrix = {}
    for coefficient, monomial in dim.terms if isinstance(dim, Expr) else ():
        own = tuple(atom for atom in monomial if name in _names(atom))
        if any(len(_names(atom)) > 1 for atom in own):
            return {}
        found[own, tuple(atom for atom in monomial if atom not in own)] = coefficient
    return found


def _names(atom: object) -> set[str]:
    return set(symbols_of(atom.numerator)) if isinstance(atom, Floor) else {str(atom)}


def _negative(terms: Mapping[Monomial, int]) -> dict[Monomial, int]:
    return {monomial: -c for monomial, c in terms.items()}


def _sum(terms: Mapping[Monomial, int]) -> Dim:
    total: Dim = 0
    for term in _terms(terms):
        total = total + term
    return total


def _terms(terms: Mapping[Monomial, int]) -> Iterable[Dim]:
    for monomial, coefficient in terms.items():
        yield Expr(((coefficient, monomial),)) if monomial else coefficient
