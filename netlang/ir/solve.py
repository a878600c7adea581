"""What the conditions of a net say about the sizes of its inputs, solved exactly.

Conditions that speak of one symbol are decided together as one set of sizes; the others, and those
whose period is too long, are kept as they stand. Either way `check` evaluates the conditions
themselves, so a size is refused exactly where some step can't run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from netlang.diagnostics.core import Diagnostic, InternalError, Label
from netlang.diagnostics.sizes import NeverHolds, NoSizeWorks, SizeRefused, SizesRefused
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, Expr, Symbol, evaluate, symbols_of
from netlang.ir.periodic import SizeSet, admitted, positive
from netlang.ir.program import Condition
from netlang.ir.rules import Rule, listed, rule_of

__all__ = ["Solution", "contradictions", "solve_conditions"]

# Two conditions that ask the same: the difference of their sides, and how it compares with 0.
Meaning: TypeAlias = tuple[Dim, Relation]

# How far from a refused size the nearest ones that work are looked for.
FARTHEST = 10_000


@dataclass(frozen=True)
class SymbolSolution:
    """Everything that is asked of one symbol: the decided part as a set, the rest as it stands."""

    name: str
    conditions: tuple[Condition, ...]
    sizes: SizeSet
    undecided: tuple[Condition, ...]
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
        return _unique(str(condition.constraint) for condition in self.conditions)

    @property
    def sentence(self) -> str:
        if self.rule:
            return self.rule.sentence((self.name,))
        return "; ".join(_unique(_stated(c.constraint) for c in self.conditions))

    def works(self, size: int) -> bool:
        """Whether every condition on this symbol holds at the size."""
        return size in self.sizes and all(
            condition.constraint.holds({self.name: size}) for condition in self.undecided
        )

    def nearest(self, size: int) -> tuple[int, ...]:
        """The next smaller and the next larger size that works, as far as they are in reach."""
        below = next((s for s in range(size - 1, max(0, size - FARTHEST), -1) if self.works(s)), 0)
        above = next((s for s in range(size + 1, size + FARTHEST) if self.works(s)), 0)
        return tuple(found for found in (below, above) if found)


@dataclass(frozen=True)
class Solution:
    """The conditions of a net, solved: one part for each symbol, and those on several symbols."""

    symbols: tuple[SymbolSolution, ...]
    joint: tuple[Condition, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The conditions as formulas: ``H % 16 == 0``."""
        own = [text for solution in self.symbols for text in solution.texts]
        return (*own, *_unique(str(condition.constraint) for condition in self.joint))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The conditions as advice: ``H and W must be multiples of 16``."""
        groups: dict[Rule, list[str]] = {}
        others = []
        for solution in self.symbols:
            if solution.rule:
                groups.setdefault(solution.rule, []).append(solution.name)
            else:
                others.append(solution.sentence)
        joint = _unique(_stated(condition.constraint) for condition in self.joint)
        return (*(rule.sentence(names) for rule, names in groups.items()), *others, *joint)

    def check(self, sizes: Mapping[str, int]) -> tuple[Diagnostic, ...]:
        """One error for every symbol, or pair of symbols, whose size some step can't run at."""
        errors = [_refused(solution, sizes[solution.name]) for solution in self.symbols]
        return tuple(e for e in (*errors, *_refused_together(self.joint, sizes)) if e)


def solve_conditions(conditions: Iterable[Condition]) -> Solution:
    """The conditions, merged for each symbol; those that always hold are left out.

    Whether they contradict each other is for `contradictions` to say.
    """
    own: dict[str, dict[Meaning, Condition]] = {}
    joint: dict[Meaning, Condition] = {}
    for condition in conditions:
        reduced = _reduced(condition)
        names = sorted(_names(reduced.constraint))
        if len(names) == 1:
            own.setdefault(names[0], {}).setdefault(_meaning(reduced), reduced)
        elif names:
            joint.setdefault(_meaning(reduced), reduced)
    solved = (_solve_symbol(name, tuple(own[name].values())) for name in sorted(own))
    return Solution(
        tuple(s for s in solved if s.undecided or not s.sizes.is_all), tuple(joint.values())
    )


def contradictions(conditions: Iterable[Condition]) -> tuple[Diagnostic, ...]:
    """An error for every symbol that no size satisfies and every condition that never holds."""
    found = tuple(conditions)
    never = (
        NeverHolds(
            span=condition.span,
            chain=condition.chain,
            rule=_stated(condition.constraint),
            reason=condition.constraint.reason,
        )
        for condition in found
        if _never_holds(_reduced(condition).constraint)
    )
    clashes = (_clash(s) for s in solve_conditions(found).symbols if s.sizes.is_empty)
    return (*never, *clashes)


def _solve_symbol(name: str, conditions: tuple[Condition, ...]) -> SymbolSolution:
    sizes, undecided, at_least = positive, [], 1
    for condition in conditions:
        admits = admitted(condition.constraint, name)
        both = admits and sizes.intersection(admits)
        if admits is None or both is None:
            undecided.append(condition)
            continue
        sizes = both
        if not admits.is_empty and admits.is_half_line:
            at_least = max(at_least, admits.first)
    return SymbolSolution(name, conditions, sizes, tuple(undecided), at_least)


def _clash(solution: SymbolSolution) -> Diagnostic:
    """The first condition that leaves no size, and an earlier one that it contradicts."""
    sizes = positive
    for index, condition in enumerate(solution.conditions):
        admits = admitted(condition.constraint, solution.name)
        both = admits and sizes.intersection(admits)
        if admits is None or both is None:
            continue
        if both.is_empty:
            return _no_size_works(solution, index, admits)
        sizes = both
    raise InternalError(f"no condition on {solution.name} empties its set of sizes")


def _no_size_works(solution: SymbolSolution, index: int, admits: SizeSet) -> Diagnostic:
    condition = solution.conditions[index]
    stated = [_stated(condition.constraint)]
    notes = []
    for earlier in () if admits.is_empty else solution.conditions[:index]:
        other = admitted(earlier.constraint, solution.name)
        both = other and admits.intersection(other)
        if both and both.is_empty:
            stated.insert(0, _stated(earlier.constraint))
            notes.append(Label(earlier.span, f"but here {_stated(earlier.constraint)}"))
            break
    return NoSizeWorks(
        span=condition.span,
        chain=condition.chain,
        notes=tuple(notes),
        size=solution.name,
        rule=" and ".join(stated),
        reason=condition.constraint.reason,
    )


def _refused(solution: SymbolSolution, size: int) -> Diagnostic | None:
    sizes = {solution.name: size}
    broken = next((c for c in solution.conditions if not c.constraint.holds(sizes)), None)
    if broken is None:
        return None
    nearest = solution.nearest(size)
    return SizeRefused(
        span=broken.span,
        chain=broken.chain,
        size=solution.name,
        value=size,
        rule=solution.sentence,
        reason=broken.constraint.reason,
        nearest=_advice(solution.name, nearest),
    )


def _advice(name: str, nearest: tuple[int, ...]) -> str:
    if not nearest:
        return ""
    verb = "is the nearest size that works" if len(nearest) == 1 else "are the nearest sizes"
    tail = "" if len(nearest) == 1 else " that work"
    return f"{listed([f'{name}={size}' for size in nearest], 'and')} {verb}{tail}"


def _refused_together(
    joint: tuple[Condition, ...], sizes: Mapping[str, int]
) -> Iterable[Diagnostic]:
    for condition in joint:
        constraint = condition.constraint
        if not constraint.holds(sizes):
            names = sorted(_names(constraint))
            yield SizesRefused(
                span=condition.span,
                chain=condition.chain,
                given=listed([f"`{name}` = {sizes[name]}" for name in names], "and"),
                rule=_stated(constraint),
                reason=constraint.reason,
                left=evaluate(constraint.left, sizes),
                right=evaluate(constraint.right, sizes),
            )


def _reduced(condition: Condition) -> Condition:
    """The same condition without the symbols that are a factor of both sides."""
    constraint = condition.constraint
    difference = constraint.left - constraint.right
    quotient = _without_common_symbols(difference)
    if quotient == difference:
        return condition
    return replace(condition, constraint=replace(constraint, left=quotient, right=0))


def _without_common_symbols(dim: Dim) -> Dim:
    """`dim` divided by every symbol that all of its terms contain: sizes are positive."""
    while isinstance(dim, Expr):
        common = set.intersection(
            *({a for a in monomial if isinstance(a, Symbol)} for _, monomial in dim.terms)
        )
        if not common:
            return dim
        dim = _divided(dim, min(common, key=str))
    return dim


def _divided(dim: Expr, factor: Symbol) -> Dim:
    quotient: Dim = 0
    for coefficient, monomial in dim.terms:
        at = monomial.index(factor)
        rest = monomial[:at] + monomial[at + 1 :]
        quotient = quotient + (Expr(((coefficient, rest),)) if rest else coefficient)
    return quotient


def _never_holds(constraint: Constraint) -> bool:
    difference = constraint.left - constraint.right
    if not isinstance(difference, int):
        return False
    return difference != 0 if constraint.relation is Relation.EQUAL else difference < 0


def _names(constraint: Constraint) -> set[str]:
    """The symbols that decide whether the constraint holds."""
    return set(symbols_of(constraint.left - constraint.right))


def _meaning(condition: Condition) -> Meaning:
    constraint = condition.constraint
    return constraint.left - constraint.right, constraint.relation


def _stated(constraint: Constraint) -> str:
    verb = "must equal" if constraint.relation is Relation.EQUAL else "must be at least"
    return f"{constraint.left} {verb} {constraint.right}"


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
