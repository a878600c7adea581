"""Shorter forms of sums, differences, products and quotients."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import TypeAlias

from netlang.ir.numbers.provenance import BinaryOrigin, Origin, leaves, operators_in

__all__ = ["balanced", "shortened", "terms_of"]

Term: TypeAlias = Origin | int | float


def shortened(formula: BinaryOrigin) -> Term:
    """The formula, or the same as a sum of multiples if that is shorter.

    ``6 * x - 4 * x`` is ``2 * x``, ``x * 1`` is ``x``, ``4 * x // 2`` is ``2 * x``.
    """
    sides = (formula.left, formula.right)
    if any(isinstance(side, float) for side in sides):
        return formula
    terms = terms_of(formula)
    if terms is None:
        return formula
    found = _inside(_sum(terms))
    return found if _length(found) < _length(formula) else formula


def balanced(left: Term, right: Term) -> tuple[Term, Term]:
    """The sides of a comparison without what both have: of ``x == x + 4 - p``, ``p == 4``."""
    terms = terms_of(BinaryOrigin("-", left, right))
    if terms is None:
        return left, right
    terms = _without_common_factor(terms)
    above = _sum({term: factor for term, factor in terms.items() if factor > 0})
    below = _sum({term: -factor for term, factor in terms.items() if factor < 0})
    shorter = operators_in(above) + operators_in(below) < operators_in(left) + operators_in(right)
    return (above, below) if shorter else (left, right)


def _without_common_factor(terms: dict[Origin | None, int]) -> dict[Origin | None, int]:
    """``3 * x - 96`` as ``x - 32``."""
    common = gcd(*terms.values())
    return {term: factor // common for term, factor in terms.items()} if common > 1 else terms


def _inside(formula: Term) -> Term:
    """``(x - 1)//2 + 1`` as ``(x + 1)//2``."""
    if not isinstance(formula, BinaryOrigin) or formula.operator not in ("+", "-"):
        return formula
    quotient, number = formula.left, formula.right
    if not isinstance(quotient, BinaryOrigin) or quotient.operator != "//":
        return formula
    divisor = quotient.right
    if not isinstance(divisor, int) or divisor <= 0 or not isinstance(number, int):
        return formula
    return BinaryOrigin(
        "//", shortened(BinaryOrigin(formula.operator, quotient.left, number * divisor)), divisor
    )


def _length(formula: Term) -> tuple[int, int]:
    return operators_in(formula), sum(1 for _ in leaves(formula))


def terms_of(formula: Term) -> dict[Origin | None, int] | None:
    """The factors of the terms of a sum, and under None its number; None if it has a float."""
    if isinstance(formula, float):
        return None
    if isinstance(formula, int):
        return {None: formula}
    if isinstance(formula, BinaryOrigin) and formula.operator in ("+", "-", "*", "//"):
        left, right = terms_of(formula.left), terms_of(formula.right)
        if left is None or right is None:
            return None
        combined = _combined(formula.operator, left, right)
        if combined is not None:
            return combined
    return {formula: 1}


def _combined(
    operator: str, left: Mapping[Origin | None, int], right: Mapping[Origin | None, int]
) -> dict[Origin | None, int] | None:
    if operator in ("+", "-"):
        sign = 1 if operator == "+" else -1
        total = dict(left)
        for term, factor in right.items():
            total[term] = total.get(term, 0) + sign * factor
        return total
    if operator == "*":
        number, other = (left, right) if set(left) == {None} else (right, left)
        if set(number) != {None}:
            return None
        return {term: factor * number[None] for term, factor in other.items()}
    divisor = right[None] if set(right) == {None} else 0
    if not divisor and len(left) == len(right) == 1:
        return _cancelled(*left.items(), *right.items())
    if divisor <= 0 or any(factor % divisor for factor in left.values()):
        return None
    return {term: factor // divisor for term, factor in left.items()}


def _cancelled(
    product: tuple[Origin | None, int], divisor: tuple[Origin | None, int]
) -> dict[Origin | None, int] | None:
    """``x`` of ``x * y // y``, ``6`` of ``6 * y // y``."""
    (whole, factor), (term, divided) = product, divisor
    if divided != 1:
        return None
    if whole == term:
        return {None: factor}
    if factor == 1 and isinstance(whole, BinaryOrigin) and whole.operator == "*":
        if whole.right == term:
            return terms_of(whole.left)
        if whole.left == term:
            return terms_of(whole.right)
    return None


def _sum(terms: Mapping[Origin | None, int]) -> Term:
    """A sum in which what is subtracted comes last."""
    found: Term = 0
    for term, factor in sorted(terms.items(), key=lambda item: (item[0] is None, item[1] < 0)):
        if factor == 0:
            continue
        if isinstance(found, int):
            found = _multiple(factor, term)
        else:
            operator = "+" if factor > 0 else "-"
            found = BinaryOrigin(operator, found, _multiple(abs(factor), term))
    return found


def _multiple(factor: int, term: Origin | None) -> Term:
    if term is None:
        return factor
    return term if factor == 1 else BinaryOrigin("*", factor, term)
