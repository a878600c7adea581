"""The shortest formula for a condition without simpler words: ``H*W must be a multiple of 4``."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, Expr, Floor, evaluate, symbols_of
from netlang.ir.sizes.words.clauses import listed
from netlang.records import Record

__all__ = ["ConditionFormula", "formula_of", "stated"]

_LONGEST = 400
"""Characters of a formula that is shown."""

_WORDS = {Relation.EQUAL: "must equal", Relation.AT_LEAST: "must be at least"}


class ConditionFormula(Record):
    """A condition as a formula, in words, and the values of both sides at some sizes."""

    text: str
    sentence: str
    left: Dim
    right: Dim
    modulus: int = 0

    def advice(self, sizes: Mapping[str, int]) -> str:
        left, right = evaluate(self.left, sizes), evaluate(self.right, sizes)
        if self.modulus:
            return f"with these sizes {self.left} is {left}"
        return f"with these sizes it is {left} against {right}"


def stated(constraint: Constraint) -> str:
    """A constraint in words; of one that nobody would read, only that there is one."""
    sentence = formula_of(constraint).sentence
    if len(sentence) <= _LONGEST:
        return sentence
    names = listed(sorted(set(symbols_of(constraint.difference))), "and")
    what = f"a condition of {len(sentence):,} characters (see `summary --format json`)"
    return f"{names} must meet {what}"


def formula_of(constraint: Constraint) -> ConditionFormula:
    """The shortest of several ways to write a constraint; its own on a tie."""
    difference = constraint.difference
    ways = [_sides(constraint.left, constraint.relation, constraint.right)]
    if isinstance(difference, Expr):
        ways.append(_sides(*_parted(difference, constraint.relation)))
        remainder = _remainder(difference, constraint.relation)
        if remainder:
            return remainder
    return min(ways, key=lambda way: len(way.sentence))


def _sides(left: Dim, relation: Relation, right: Dim) -> ConditionFormula:
    """Both sides in their order; a lone number stands on the right."""
    if isinstance(left, int) and relation is Relation.EQUAL:
        left, right = right, left
    elif isinstance(left, int):
        text, sentence = f"{right} <= {left}", f"{right} must be at most {left}"
        return ConditionFormula(text, sentence, right, left)
    text = f"{left} {relation.value} {right}"
    return ConditionFormula(text, f"{left} {_WORDS[relation]} {right}", left, right)


def _parted(difference: Expr, relation: Relation) -> tuple[Dim, Relation, Dim]:
    """Added terms on one side, subtracted ones on the other; a lone number on the right."""
    left: Dim = 0
    right: Dim = 0
    for coefficient, monomial in difference.terms:
        term = Expr(((abs(coefficient), monomial),)) if monomial else abs(coefficient)
        if coefficient > 0:
            left = left + term
        else:
            right = right + term
    if isinstance(left, Expr) and isinstance(right, int):
        constant = left.constant
        left, right = left - constant, right - constant
    return left, relation, right


def _remainder(difference: Expr, relation: Relation) -> ConditionFormula | None:
    """A condition on a remainder: a dim minus its floor division, times the divisor."""
    for coefficient, monomial in difference.terms:
        floor = monomial[0] if len(monomial) == 1 else None
        if not isinstance(floor, Floor) or coefficient % floor.divisor:
            continue
        times = coefficient // floor.divisor
        value = difference - coefficient * Expr(((1, (floor,)),)) + times * floor.numerator
        if isinstance(value, int):
            # value == times * (numerator mod divisor), or at least that
            return _of_remainder(floor, value, times, relation)
    return None


def _of_remainder(
    floor: Floor, value: int, times: int, relation: Relation
) -> ConditionFormula | None:
    constant, modulus = floor.numerator.constant, floor.divisor
    dividend = floor.numerator - constant
    shown = f"({dividend})" if isinstance(dividend, Expr) and len(dividend.terms) > 1 else dividend
    if relation is Relation.EQUAL and value % times == 0 and 0 <= value // times < modulus:
        rest = (value // times - constant) % modulus
        sentence = f"{dividend} must be a multiple of {modulus}"
        if rest:
            sentence = f"{shown} mod {modulus} must be {rest}"
        return ConditionFormula(f"{shown} % {modulus} == {rest}", sentence, dividend, rest, modulus)
    if relation is Relation.AT_LEAST and constant == 0 and abs(times) == 1:
        word, sign = ("most", "<=") if times > 0 else ("least", ">=")
        text, words = f"{shown} % {modulus} {sign}", f"{shown} mod {modulus} must be at {word}"
        bound = times * value
        return ConditionFormula(f"{text} {bound}", f"{words} {bound}", dividend, bound, modulus)
    return None
