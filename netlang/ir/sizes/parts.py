"""Splits conditions into demands on each symbol and conditions on several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from math import gcd, prod
from typing import TYPE_CHECKING, TypeAlias

from netlang.ir.program import Condition
from netlang.ir.sizes.demands import Demand, demand, solve_symbol
from netlang.ir.sizes.periodic import SizeSet, of_residues
from netlang.ir.sizes.reduce import names_of
from netlang.ir.sizes.work import WorkBudget
from netlang.records import replace

if TYPE_CHECKING:
    from netlang.ir.sizes.joint import Residues

__all__ = ["SplitConditions"]

# A condition with the symbols that it is on.
_Joint: TypeAlias = tuple[tuple[str, ...], Condition]


class SplitConditions:
    """Conditions after splitting: `demands` on each symbol, and `joint` ones on several."""

    def __init__(self, conditions: Iterable[Condition], work: WorkBudget) -> None:
        self._work = work
        self.demands: dict[str, list[Demand]] = {}
        self.joint: list[Condition] = []
        several = []
        for condition in conditions:
            names = tuple(sorted(names_of(condition.constraint)))
            if len(names) > 1:
                several.append((names, condition))
            for name in names if len(names) == 1 else ():
                self.demand(demand(condition, name, work))
        if several:
            self._together(self._apart(several))

    @property
    def sets(self) -> dict[str, SizeSet]:
        """The possible sizes of each symbol on its own, as far as they are decided."""
        work = WorkBudget()
        return {n: solve_symbol(n, tuple(d), work).sizes for n, d in self.demands.items()}

    def demand(self, one: Demand) -> None:
        """Add a demand."""
        self.demands.setdefault(one.name, []).append(one)

    def _apart(self, several: list[_Joint]) -> list[tuple[_Joint, Residues | None]]:
        """Split conditions where possible; returns the others with the residues that meet them.

        Few nets have any, so what splits them is loaded only here.
        """
        from netlang.ir.sizes.joint import residues_of
        from netlang.ir.sizes.products import equal_factors

        lows = {name: sizes.first for name, sizes in self.sets.items() if not sizes.is_empty}
        left = []
        for names, condition in several:
            low = {name: lows.get(name, 1) for name in names}
            factors = equal_factors(condition.constraint, low, self._work)
            if factors is not None:
                for name, constraint in factors.items():
                    own = replace(condition, constraint=constraint)
                    self.demand(demand(own, name, self._work))
                continue
            residues = residues_of(condition.constraint, low, self._work)
            if residues is None or not self._separate(names, condition, residues):
                left.append(((names, condition), residues))
        return left

    def _separate(self, names: tuple[str, ...], condition: Condition, residues: Residues) -> bool:
        from netlang.ir.sizes.joint import separated

        sets = separated(names, residues)
        for name, sizes in zip(names, sets or (), strict=False):
            self.demand(Demand(name, condition, sizes))
        return sets is not None

    def _together(self, several: list[tuple[_Joint, Residues | None]]) -> None:
        """Split conditions that separate once each symbol's own sizes are known."""
        own = self.sets
        for (names, condition), residues in several:
            if residues is None or any(name in own and own[name].is_empty for name in names):
                self.joint.append(condition)
                continue
            left = _possible(names, residues, own)
            if not left[1]:
                self.demand(_contradicted(names, condition, residues, own))
            elif not self._separate(names, condition, left):
                self.joint.append(condition)


def _contradicted(
    names: tuple[str, ...], condition: Condition, residues: Residues, own: Mapping[str, SizeSet]
) -> Demand:
    """The demand on one symbol, given the others, of a condition that no sizes meet."""
    for place, name in enumerate(names):
        others = {other: sizes for other, sizes in own.items() if other != name}
        periods, left = _possible(names, residues, others)
        if left:
            admitted = of_residues(periods[place], {each[place] for each in left})
            return Demand(name, condition, admitted)
    return Demand(names[0], condition, of_residues(1, set()))


def _possible(names: tuple[str, ...], residues: Residues, own: Mapping[str, SizeSet]) -> Residues:
    """The residues without impossible ones; none if the conditions contradict each other.

    Unknown ones are included; if the rest is met anyway, all are.
    """
    periods, holding = residues
    allowed = []
    for name, period in zip(names, periods, strict=True):
        sizes = own.get(name)
        allowed.append(set(range(1, period + 1)) if sizes is None else _residues(sizes, period))
    left = frozenset(p for p in holding if all(r in a for r, a in zip(p, allowed, strict=True)))
    if not left:
        return periods, left
    sides = [set(side) for side in zip(*left, strict=True)]
    if len(left) == prod(map(len, allowed)):
        sides = [set(range(1, period + 1)) for period in periods]  # it is met anyway
        return periods, frozenset(product(*sides))
    return periods, left


def _residues(sizes: SizeSet, period: int) -> set[int]:
    """The residues, from 1 to the period, of the sizes in a set."""
    step = gcd(sizes.period, period)
    present = {index % step for index, runs in enumerate(sizes.runs) if runs}
    return {residue for residue in range(1, period + 1) if residue % step in present}
