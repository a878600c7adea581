"""Conditions on several symbols that separate into one for each: reshapes to a grid of patches.

With H = L t + r and W = M u + q, a dim made of H, W and their floors is for each pair of residues
(r, q) a polynomial in t and u; its coefficients in the basis of products of binomials C(t, i) and
C(u, j) are its finite differences at 0 (Graham, Knuth, Patashnik, Concrete Mathematics, 5.3). All
zero: it is 0 for all such H and W. None negative and the constant positive: it is positive for all
of them. If every pair of residues is decided that way, the condition is one on residues; and if
those that hold are all pairs of two sets, it separates.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import TypeAlias

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, evaluate
from netlang.ir.sizes.periodic import SizeSet, of_residues, positive
from netlang.ir.sizes.quasi import differences, shape_of
from netlang.ir.sizes.work import WorkBudget

__all__ = ["Residues", "residues_of", "separated"]

# Larger tables of residues, and more symbols, are left undecided.
MOST_PLACES = 1 << 14
MOST_SYMBOLS = 4

# The periods of some symbols, and the residues, from 1 to the period, that meet a condition.
Residues: TypeAlias = tuple[tuple[int, ...], frozenset[tuple[int, ...]]]


def separated(names: tuple[str, ...], residues: Residues) -> tuple[SizeSet, ...] | None:
    """The sizes of each symbol, if the residues don't relate them to each other."""
    periods, holding = residues
    if not holding:
        return (of_residues(1, set()), *(positive for _ in names[1:]))
    sides = [set(side) for side in zip(*holding, strict=True)]
    if len(holding) != prod(map(len, sides)):
        return None
    return tuple(map(of_residues, periods, sides))


def residues_of(
    constraint: Constraint, lows: Mapping[str, int], work: WorkBudget
) -> Residues | None:
    """The residues that meet a constraint, if only residues matter from `lows` on.

    `lows` are the smallest sizes of all its symbols.
    """
    names = tuple(lows)
    difference = constraint.difference
    if len(names) > MOST_SYMBOLS:
        return None
    shapes = [shape_of(difference, name) for name in names]
    periods = [shape[0] for shape in shapes if shape]
    degrees = [shape[1] for shape in shapes if shape]
    places = prod(periods) * prod(degree + 1 for degree in degrees)
    if None in shapes or places > MOST_PLACES or not work.allows(places):
        return None
    holding = set()
    for place in product(*(range(1, period + 1) for period in periods)):
        holds = _decided(
            _coefficients(difference, lows, place, periods, degrees), constraint.relation
        )
        if holds is None:
            return None
        if holds:
            holding.add(place)
    return tuple(periods), frozenset(holding)


def _coefficients(
    difference: Dim,
    lows: Mapping[str, int],
    place: tuple[int, ...],
    periods: list[int],
    degrees: list[int],
) -> list[int]:
    """The coefficients at some residues in the binomial basis, constant first."""

    firsts = [
        low + (residue - low) % period
        for low, residue, period in zip(lows.values(), place, periods, strict=True)
    ]

    def along(sizes: tuple[int, ...]) -> list[int]:
        axis = len(sizes)
        if axis == len(lows):
            return [evaluate(difference, dict(zip(lows, sizes, strict=True)))]
        lines = [
            along((*sizes, firsts[axis] + periods[axis] * t)) for t in range(degrees[axis] + 1)
        ]
        columns = [differences(column) for column in zip(*lines, strict=True)]
        return [value for column in columns for value in column]

    return along(())


def _decided(coefficients: list[int], relation: Relation) -> bool | None:
    """Whether the relation to 0 holds everywhere or nowhere; None if neither is known."""
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
