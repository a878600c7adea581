"""Which sizes a condition on one symbol admits, decided exactly.

A dim that is made of one symbol s, floor divisions, sums and products is a *quasi-polynomial*:
there is a period L such that f(r + L t) is a polynomial in t for every residue r (Stanley,
Enumerative Combinatorics 1, 4.4). Its values at t = 0, 1, ..., degree determine it; where it is 0
or at least 0 follows from where its differences are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import comb, gcd, lcm

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import (
    Atom,
    Dim,
    Expr,
    Floor,
    Monomial,
    Symbol,
    evaluate,
    floors_of,
    symbols_of,
)
from netlang.ir.sizes.periodic import LONGEST_PERIOD, Run, Runs, SizeSet
from netlang.ir.sizes.rising import bounded
from netlang.ir.sizes.work import WorkBudget

__all__ = ["HIGHEST_DEGREE", "admitted", "differences", "law_of", "shape_of"]

# Polynomials of higher degree in one symbol are left undecided.
HIGHEST_DEGREE = 4


def admitted(constraint: Constraint, name: str, work: WorkBudget) -> SizeSet | None:
    """The sizes of the symbol `name` that meet the constraint, which contains no other symbol.

    None if it isn't quasi-polynomial, if its period or degree is too high, or if no work is left.
    """
    difference = constraint.difference
    found = _of_line(constraint) or bounded(constraint, name, work)
    if found is not None:
        return found
    shape = shape_of(difference, name)
    if shape is None:
        return None
    period, degree = shape
    if not work.allows(period * (degree + 1)):
        return None
    runs: list[Runs] = [()] * period
    for sample in range(1, period + 1):
        values = [evaluate(difference, {name: sample + t * period}) for t in range(degree + 1)]
        times = _times(differences(values), constraint.relation)
        runs[sample % period] = tuple(
            (sample + first * period, None if last is None else sample + last * period)
            for first, last in times
        )
    return SizeSet(period, tuple(runs))


def _of_line(constraint: Constraint) -> SizeSet | None:
    """For ``a*s + c >= 0`` with a > 0, as most windows ask for; None for other constraints."""
    if constraint.relation is not Relation.AT_LEAST or not isinstance(constraint.difference, Expr):
        return None
    (slope, monomial), *others = constraint.difference.terms
    if slope < 0 or len(monomial) != 1 or not isinstance(monomial[0], Symbol):
        return None
    if others and others[0][1]:
        return None
    constant = others[0][0] if others else 0
    return SizeSet(1, (((max(1, -(constant // slope)), None),),))


def differences(values: Sequence[int]) -> list[int]:
    """The finite differences of all orders at 0: the coefficients of C(t, 0), C(t, 1), ..."""
    found = []
    values = list(values)
    while values:
        found.append(values[0])
        values = [b - a for a, b in pairwise(values)]
    return found


def _times(coefficients: list[int], relation: Relation) -> Runs:
    """The t >= 0 at which the polynomial is in `relation` to 0."""
    above = _not_negative(coefficients)
    if relation is Relation.AT_LEAST:
        return tuple(above)
    below = _not_negative([-c for c in coefficients])
    return tuple(
        (max(a[0], b[0]), min((e for e in (a[1], b[1]) if e is not None), default=None))
        for a in above
        for b in below
        if (b[1] is None or a[0] <= b[1]) and (a[1] is None or b[0] <= a[1])
    )


def _not_negative(coefficients: list[int]) -> list[Run]:
    """The runs of t >= 0 where a polynomial, in the basis C(t, i), is at least 0.

    It rises where its difference is at least 0 and falls elsewhere; each stretch is bisected.
    """
    while coefficients and not coefficients[-1]:
        coefficients = coefficients[:-1]
    if len(coefficients) < 2:
        return [(0, None)] if not coefficients or coefficients[0] >= 0 else []
    if len(coefficients) == 2:
        return _line_not_negative(*coefficients)

    def positive_at(t: int) -> bool:
        return sum(c * comb(t, i) for i, c in enumerate(coefficients)) >= 0

    found: list[Run] = []
    for first, last, rises in _stretches(_not_negative(coefficients[1:])):
        run = _part(positive_at, first, last, rises)
        if run is None:
            continue
        if found and found[-1][1] is not None and run[0] <= found[-1][1] + 1:
            found[-1] = (found[-1][0], run[1])
        else:
            found.append(run)
    return found


def _line_not_negative(start: int, slope: int) -> list[Run]:
    """The run of t >= 0 where start + slope t is at least 0; the slope isn't 0."""
    if slope > 0:
        return [(max(0, -(start // slope)), None)]
    return [(0, start // -slope)] if start >= 0 else []


def _stretches(rising: list[Run]) -> list[tuple[int, int | None, bool]]:
    """All t >= 0, in stretches where a polynomial rises or falls, with the last t of each."""
    found: list[tuple[int, int | None, bool]] = []
    at = 0
    for first, last in rising:
        if first > at:
            found.append((at, first, False))
        found.append((first, None if last is None else last + 1, True))
        if last is None:
            return found
        at = last + 1
    return [*found, (at, None, False)]


def _part(holds: Callable[[int], bool], first: int, last: int | None, rises: bool) -> Run | None:
    """The part of a stretch where a condition holds that changes at most once."""
    if rises:
        if holds(first):
            return first, last
        end = _farther(holds, first) if last is None else last
        return (_turn(holds, first, end), last) if holds(end) else None
    if not holds(first):
        return None
    end = _farther(lambda t: not holds(t), first) if last is None else last
    return first, (end if holds(end) else _turn(lambda t: not holds(t), first, end) - 1)


def _farther(holds: Callable[[int], bool], first: int) -> int:
    """Some t after `first` at which a condition holds, if it holds for all large t."""
    step = 1
    while not holds(first + step):
        step *= 2
    return first + step


def _turn(holds: Callable[[int], bool], no: int, yes: int) -> int:
    """The first t after `no` at which something holds that holds at `yes`."""
    while yes - no > 1:
        middle = (no + yes) // 2
        no, yes = (no, middle) if holds(middle) else (middle, yes)
    return yes


def shape_of(dim: Dim, name: str) -> tuple[int, int] | None:
    """The period and degree of a dim in one of its symbols, if known and small enough.

    After a period, a floor of a sum of floors has changed by a constant (`law_of`), and a floor of
    a polynomial in symbols by a polynomial.
    """
    period = 1
    for floor in floors_of(dim):
        own = _period(floor, name)
        if own is None:
            return None
        period = lcm(period, own)
        if period > LONGEST_PERIOD:
            return None
    terms = dim.terms if isinstance(dim, Expr) else ()
    degree = max((_degree(monomial, name) for _, monomial in terms), default=0)
    return (period, degree) if degree <= HIGHEST_DEGREE else None


def _period(floor: Floor, name: str) -> int | None:
    names = set(symbols_of(floor.numerator))
    if name not in names:
        return 1
    law = _atom_law(floor) if len(names) == 1 else None
    if law:
        return law[0]
    plain = all(isinstance(atom, Symbol) for _, m in floor.numerator.terms for atom in m)
    return floor.divisor if plain else None


def _degree(monomial: Monomial, name: str) -> int:
    return sum(max(_powers(atom, name), default=0) for atom in monomial)


def _powers(atom: Atom, name: str) -> Iterator[int]:
    if isinstance(atom, Symbol):
        yield int(atom.name == name)
    else:
        yield from (_degree(monomial, name) for _, monomial in atom.numerator.terms)


def law_of(dim: Dim) -> tuple[int, int] | None:
    """Period L and increment K of a quasi-linear dim of one symbol: f(s + L) = f(s) + K."""
    if isinstance(dim, int):
        return 1, 0
    period, increment = 1, 0
    for coefficient, monomial in dim.terms:
        if not monomial:
            continue
        law = _atom_law(monomial[0]) if len(monomial) == 1 else None
        if law is None:
            return None
        common = lcm(period, law[0])
        if common > LONGEST_PERIOD:
            return None
        increment = increment * (common // period) + coefficient * law[1] * (common // law[0])
        period = common
    return period, increment


def _atom_law(atom: Atom) -> tuple[int, int] | None:
    if isinstance(atom, Symbol):
        return 1, 1
    law = law_of(atom.numerator)
    if law is None:
        return None
    period, increment = law
    rounds = atom.divisor // gcd(atom.divisor, increment)
    if period * rounds > LONGEST_PERIOD:
        return None
    return period * rounds, increment * rounds // atom.divisor
