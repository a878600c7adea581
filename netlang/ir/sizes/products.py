"""Polynomials of several symbols as a product of one factor for each, less a number.

(H//2 - 1)(W//2 - 1) >= 1 is written out by the time it is a condition. Its coefficients, in rows by
what they have of H and in columns by what they have of W, are a matrix of rank one but for the
constant: so the factors are a row and a column of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import gcd
from typing import TypeAlias

from netlang.ir.dims import Dim, Expr, Floor, Monomial, symbols_of

__all__ = ["factored"]

# The coefficients of a polynomial: by what their monomials have of a symbol, and of the others.
_Matrix: TypeAlias = dict[tuple[Monomial, Monomial], int]


def factored(dim: Dim, names: tuple[str, ...]) -> tuple[dict[str, Dim], int] | None:
    """A factor in each symbol, and the number that their product exceeds `dim` by."""
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


def _split(dim: Dim, name: str) -> tuple[Dim, Dim, int] | None:
    """A factor in one symbol, the factor in the others, and what their product is more than dim."""
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
    """The coefficients of a dim; empty if a floor has several symbols, one of them `name`."""
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
