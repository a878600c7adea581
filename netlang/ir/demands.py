"""What is asked of one symbol: every condition on it, and the set of sizes that meets them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from netlang.ir.constraints import Constraint, Relation
from netlang.ir.periodic import SizeSet, admitted, positive
from netlang.ir.program import Condition
from netlang.ir.rules import Rule, rule_of

__all__ = ["Demand", "SymbolSolution", "demand", "solve_symbol", "stated", "unique"]

# How far from a refused size the nearest ones that work are looked for.
FARTHEST = 10_000


@dataclass(frozen=True)
class Demand:
    """A condition, or the part of one, on the symbol `name`.

    `admits` are the sizes that meet it; None if that is left to evaluating it.
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
        """The demand in words, as advice where its sizes can be told."""
        if self.admits and not self.admits.is_empty:
            rule = rule_of(self.admits, 1)
            if rule:
                return rule.sentence((self.name,))
        return stated(self.condition.constraint)


def demand(condition: Condition, name: str) -> Demand:
    """A condition that speaks of no other symbol than `name`."""
    return Demand(name, condition, admitted(condition.constraint, name))


@dataclass(frozen=True)
class SymbolSolution:
    """Everything that is asked of one symbol: the decided part as a set, the rest as it stands."""

    name: str
    demands: tuple[Demand, ...]
    sizes: SizeSet
    undecided: tuple[Demand, ...]
    at_least: int

    @cached_property
    def rule(self) -> Rule | None:
        """All of it in words, if that can be said."""
        decided = not self.undecided and not self.sizes.is_empty
        return rule_of(self.sizes, self.at_least) if decided else None

    @property
    def texts(self) -> tuple[str, ...]:
        if self.rule:
            return self.rule.texts(self.name)
        return unique(str(demand.condition.constraint) for demand in self.demands)

    @property
    def sentence(self) -> str:
        if self.rule:
            return self.rule.sentence((self.name,))
        return "; ".join(unique(stated(d.condition.constraint) for d in self.demands))

    def works(self, size: int) -> bool:
        """Whether every condition on this symbol holds at the size."""
        return size in self.sizes and all(demand.holds(size) for demand in self.undecided)

    def nearest(self, size: int) -> tuple[int, ...]:
        """The next smaller and the next larger size that works, as far as they are in reach."""
        below = next((s for s in range(size - 1, max(0, size - FARTHEST), -1) if self.works(s)), 0)
        above = next((s for s in range(size + 1, size + FARTHEST) if self.works(s)), 0)
        return tuple(found for found in (below, above) if found)


def solve_symbol(name: str, demands: tuple[Demand, ...]) -> SymbolSolution:
    """The demands on one symbol taken together."""
    sizes, undecided, at_least = positive, [], 1
    for one in demands:
        both = one.admits and sizes.intersection(one.admits)
        if one.admits is None or both is None:
            undecided.append(one)
            continue
        sizes = both
        if not one.admits.is_empty and one.admits.is_half_line:
            at_least = max(at_least, one.admits.first)
    return SymbolSolution(name, demands, sizes, tuple(undecided), at_least)


def stated(constraint: Constraint) -> str:
    """A constraint in words."""
    verb = "must equal" if constraint.relation is Relation.EQUAL else "must be at least"
    return f"{constraint.left} {verb} {constraint.right}"


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """Each text once, in order."""
    return tuple(dict.fromkeys(texts))
