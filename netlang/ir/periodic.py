"""Sets of sizes that repeat: what a condition on one symbol admits, decided exactly.

A dim in one symbol s that is a sum of multiples of s and of floor divisions is *quasi-linear*:
there are a period L and an increment K with f(s + L) = f(s) + K for every s. One period of
samples then says for every residue modulo L from where to where f(s) == 0 or f(s) >= 0 holds, which
is the whole answer for all s >= 1 (quasi-polynomials: Stanley, Enumerative Combinatorics 1, 4.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import gcd, lcm
from typing import TypeAlias

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Atom, Dim, Symbol, evaluate

__all__ = ["LONGEST_PERIOD", "Run", "SizeSet", "admitted", "law_of", "positive"]

# Longer periods are left undecided: conditions of real networks have periods below a thousand.
LONGEST_PERIOD = 4096

# Sizes of one residue class from the first to the last in steps of the period; no last: endless.
Run: TypeAlias = tuple[int, int | None]


@dataclass(frozen=True)
class SizeSet:
    """Sizes >= 1: for every residue modulo `period` the run of sizes that belong, or None."""

    period: int
    runs: tuple[Run | None, ...]

    def __contains__(self, size: int) -> bool:
        run = self.runs[size % self.period]
        return run is not None and run[0] <= size and (run[1] is None or size <= run[1])

    @property
    def is_empty(self) -> bool:
        return not any(self.runs)

    @cached_property
    def first(self) -> int:
        """The smallest size; the set must not be empty."""
        return min(run[0] for run in self.runs if run)

    @cached_property
    def last(self) -> int | None:
        """The largest size, None if there is no end; the set must not be empty."""
        ends = [run[1] for run in self.runs if run]
        return None if None in ends else max(end for end in ends if end is not None)

    @cached_property
    def residues(self) -> tuple[int, tuple[int, ...]]:
        """The smallest modulus that tells the residue classes apart, and the classes in the set."""
        present = [run is not None for run in self.runs]
        for modulus in range(1, self.period + 1):
            if self.period % modulus == 0 and all(
                here == present[index % modulus] for index, here in enumerate(present)
            ):
                return modulus, tuple(index for index in range(modulus) if present[index])
        return self.period, tuple(index for index in range(self.period) if present[index])

    @cached_property
    def is_regular(self) -> bool:
        """Whether the set is what its residues, its first and its last size say."""
        last = self.last
        return all(
            run is None
            or (
                run[0] == _at_or_above(self.first, index, self.period)
                and run[1] == (None if last is None else _at_or_below(last, index, self.period))
            )
            for index, run in enumerate(self.runs)
        )

    @property
    def is_all(self) -> bool:
        """Whether every size belongs."""
        return self.is_half_line and self.first == 1

    @property
    def is_half_line(self) -> bool:
        """Whether the set is all sizes from some first one on."""
        return all(self.runs) and self.last is None and self.is_regular

    def intersection(self, other: SizeSet) -> SizeSet | None:
        """The sizes in both, or None if the common period is too long to decide."""
        period = lcm(self.period, other.period)
        if period > LONGEST_PERIOD:
            return None
        return SizeSet(period, tuple(_common(self, other, i, period) for i in range(period)))


def _at_or_above(size: int, residue: int, period: int) -> int:
    return size + (residue - size) % period


def _at_or_below(size: int, residue: int, period: int) -> int:
    return size - (size - residue) % period


def _common(one: SizeSet, two: SizeSet, residue: int, period: int) -> Run | None:
    left, right = one.runs[residue % one.period], two.runs[residue % two.period]
    if left is None or right is None:
        return None
    start = _at_or_above(max(left[0], right[0]), residue, period)
    ends = [end for end in (left[1], right[1]) if end is not None]
    if not ends:
        return start, None
    end = _at_or_below(min(ends), residue, period)
    return (start, end) if start <= end else None


positive = SizeSet(1, ((1, None),))


def admitted(constraint: Constraint, name: str) -> SizeSet | None:
    """The sizes of the symbol `name` that meet the constraint, which speaks of no other symbol.

    None if it isn't quasi-linear or its period is too long.
    """
    difference = constraint.left - constraint.right
    law = law_of(difference)
    if law is None:
        return None
    period, increment = law
    runs: list[Run | None] = [None] * period
    for sample in range(1, period + 1):
        value = evaluate(difference, {name: sample})
        times = _times(value, increment, constraint.relation)
        if times is not None:
            start, end = times
            last = None if end is None else sample + end * period
            runs[sample % period] = (sample + start * period, last)
    return SizeSet(period, tuple(runs))


def _times(value: int, increment: int, relation: Relation) -> Run | None:
    """For which t >= 0 ``value + t * increment`` stands in `relation` to 0."""
    if increment == 0:
        holds = value == 0 if relation is Relation.EQUAL else value >= 0
        return (0, None) if holds else None
    if relation is Relation.EQUAL:
        t, rest = divmod(-value, increment)
        return (t, t) if rest == 0 and t >= 0 else None
    if increment > 0:
        return max(0, -(value // increment)), None
    return (0, value // -increment) if value >= 0 else None


def law_of(dim: Dim) -> tuple[int, int] | None:
    """Period and increment of a quasi-linear dim of one symbol."""
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
