"""Demands on one symbol: every condition on it, and the set of sizes that meets them all."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from math import lcm

from netlang.ir.program import Condition
from netlang.ir.sizes.periodic import SizeSet, positive
from netlang.ir.sizes.quasi import admitted
from netlang.ir.sizes.words.formula import formula_of, stated
from netlang.ir.sizes.words.rules import SizeRule, rule_of
from netlang.ir.sizes.work import WorkBudget
from netlang.records import Record

__all__ = ["Demand", "SymbolSolution", "demand", "solve_symbol", "unique"]

# How far from a refused size the nearest valid ones are searched.
FARTHEST = 10_000


class Demand(Record):
    """A condition, or part of one, on the symbol `name`.

    `admits` are the sizes that meet it; None if that has to be evaluated.
    """

    name: str
    condition: Condition
    admits: SizeSet | None

    def holds(self, size: int) -> bool:
        if self.admits is None:
            return self.condition.constraint.holds({self.name: size})
        return size in self.admits

    @property
    def sentence(self) -> str:
        """The demand in words; as advice if its sizes are known."""
        if self.admits and not self.admits.is_empty:
            rule = rule_of(self.admits)
            if rule:
                return rule.sentence((self.name,))
        return stated(self.condition.constraint)


def demand(condition: Condition, name: str, work: WorkBudget) -> Demand:
    """The demand of a condition on `name` alone."""
    return Demand(name, condition, admitted(condition.constraint, name, work))


class SymbolSolution(Record, dict=True):
    """All demands on one symbol: the decided part as a set, the rest unchanged."""

    name: str
    demands: tuple[Demand, ...]
    sizes: SizeSet
    undecided: tuple[Demand, ...]

    @cached_property
    def rule(self) -> SizeRule | None:
        """The decided part in words, if possible."""
        return None if self.sizes.is_empty or self.sizes.is_all else rule_of(self.sizes)

    @property
    def _untold(self) -> tuple[Demand, ...]:
        """The demands that the rule doesn't cover."""
        return self.undecided if self.rule else self.demands

    @property
    def texts(self) -> tuple[str, ...]:
        told = self.rule.texts(self.name) if self.rule else ()
        constraints = (demand.condition.constraint for demand in self._untold)
        return (*told, *unique(formula_of(constraint).text for constraint in constraints))

    @property
    def sentences(self) -> tuple[str, ...]:
        told = [self.rule.sentence((self.name,))] if self.rule else []
        return (*told, *unique(stated(d.condition.constraint) for d in self._untold))

    def works(self, size: int) -> bool:
        """Whether every condition on this symbol holds at the size."""
        return size in self.sizes and all(demand.holds(size) for demand in self.undecided)

    def nearest(self, size: int) -> tuple[int, ...]:
        """The next smaller and the next larger size that works, if near enough."""
        below = next((s for s in range(size - 1, max(0, size - FARTHEST), -1) if self.works(s)), 0)
        above = next((s for s in range(size + 1, size + FARTHEST) if self.works(s)), 0)
        return tuple(found for found in (below, above) if found)


def solve_symbol(name: str, demands: tuple[Demand, ...], work: WorkBudget) -> SymbolSolution:
    """The demands on one symbol combined, those with short periods first."""
    sizes, undecided = positive, []
    decided = sorted((d for d in demands if d.admits), key=_period)
    for one in decided:
        assert one.admits is not None
        both = _both(sizes, one.admits, work)
        if both is None:
            undecided.append(one)
        else:
            sizes = both
    undecided += [one for one in demands if not one.admits]
    return SymbolSolution(name, demands, sizes, tuple(undecided))


def _period(one: Demand) -> int:
    return one.admits.period if one.admits else 0


def _both(one: SizeSet, two: SizeSet, work: WorkBudget) -> SizeSet | None:
    """The sizes in both sets, if the work allows it."""
    return one.intersection(two) if work.allows(lcm(one.period, two.period)) else None


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """Each text once, in order."""
    return tuple(dict.fromkeys(texts))
