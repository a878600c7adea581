"""What the conditions of a net say about the sizes of its inputs, solved exactly.

Conditions that speak of one symbol, or come apart into such, are decided together as one set of
sizes for each symbol; the others, and those whose period is too long, are kept as they stand and
checked by evaluating them. A size is refused exactly where some step can't run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from netlang.diagnostics.core import Diagnostic, InternalError, Label
from netlang.diagnostics.sizes import NeverHolds, NoSizeWorks, SizeRefused, SizesRefused
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.demands import Demand, SymbolSolution, demand, solve_symbol, stated, unique
from netlang.ir.dims import Dim, Expr, Symbol, evaluate, symbols_of
from netlang.ir.joint import separated
from netlang.ir.periodic import SizeSet, positive
from netlang.ir.program import Condition
from netlang.ir.rules import Rule, listed
from netlang.source import Span

__all__ = ["Solution", "contradictions", "solve_conditions"]


@dataclass(frozen=True)
class Solution:
    """The conditions of a net, solved: one part for each symbol, and those on several symbols."""

    symbols: tuple[SymbolSolution, ...]
    joint: tuple[Condition, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The conditions as formulas: ``H % 16 == 0``."""
        own = [text for solution in self.symbols for text in solution.texts]
        return (*own, *unique(str(condition.constraint) for condition in self.joint))

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
        joint = unique(stated(condition.constraint) for condition in self.joint)
        return (*(rule.sentence(names) for rule, names in groups.items()), *others, *joint)

    def check(self, sizes: Mapping[str, int]) -> tuple[Diagnostic, ...]:
        """One error for every symbol, or pair of symbols, whose size some step can't run at."""
        errors = [_refused(solution, sizes[solution.name]) for solution in self.symbols]
        return tuple(e for e in (*errors, *_refused_together(self.joint, sizes)) if e)


def solve_conditions(conditions: Iterable[Condition]) -> Solution:
    """The conditions, merged for each symbol; those that always hold are left out.

    Whether they contradict each other is for `contradictions` to say.
    """
    demands: dict[str, list[Demand]] = {}
    joint: list[Condition] = []
    for condition in _distinct(map(_reduced, conditions)):
        parts = _parts(condition)
        if parts is None:
            joint.append(condition)
        for part in parts or ():
            demands.setdefault(part.name, []).append(part)
    solved = (solve_symbol(name, tuple(demands[name])) for name in sorted(demands))
    return Solution(tuple(s for s in solved if s.undecided or not s.sizes.is_all), tuple(joint))


def _distinct(conditions: Iterable[Condition]) -> Iterable[Condition]:
    """The first of those conditions that ask the same."""
    found: dict[tuple[Dim, Relation], Condition] = {}
    for condition in conditions:
        constraint = condition.constraint
        difference = constraint.left - constraint.right
        if constraint.relation is Relation.EQUAL and (-difference, Relation.EQUAL) in found:
            continue  # the same with its sides exchanged
        found.setdefault((difference, constraint.relation), condition)
    return found.values()


def _parts(condition: Condition) -> tuple[Demand, ...] | None:
    """What a condition asks of each symbol by itself; None if it can't be told apart."""
    names = sorted(_names(condition.constraint))
    if len(names) < 2:
        return tuple(demand(condition, name) for name in names)
    sets = separated(condition.constraint, *names) if len(names) == 2 else None
    if sets is None:
        return None
    return tuple(Demand(name, condition, s) for name, s in zip(names, sets, strict=True))


def contradictions(
    conditions: Iterable[Condition], solution: Solution | None = None
) -> tuple[Diagnostic, ...]:
    """An error for every step because of which no size works, its axes told once.

    `solution` is that of the conditions, if it is known.
    """
    found = tuple(conditions)
    solved = solve_conditions(found) if solution is None else solution
    never = (
        NeverHolds(
            span=condition.span,
            chain=condition.chain,
            rule=stated(condition.constraint),
            reason=condition.constraint.reason,
        )
        for condition in found
        if _never_holds(_reduced(condition).constraint)
    )
    clashes = (_clash(s) for s in solved.symbols if s.sizes.is_empty)
    by_step: dict[Span | None, Diagnostic] = {}
    for error in (*never, *clashes):
        by_step.setdefault(error.span, error)
    return tuple(by_step.values())


def _clash(solution: SymbolSolution) -> Diagnostic:
    """The first demand that leaves no size, and an earlier one that it contradicts."""
    sizes = positive
    for index, one in enumerate(solution.demands):
        both = one.admits and sizes.intersection(one.admits)
        if one.admits is None or both is None:
            continue
        if both.is_empty:
            return _no_size_works(solution, index, one.admits)
        sizes = both
    raise InternalError(f"no condition on {solution.name} empties its set of sizes")


def _no_size_works(solution: SymbolSolution, index: int, admits: SizeSet) -> Diagnostic:
    condition = solution.demands[index].condition
    said = [solution.demands[index].sentence]
    notes = []
    for earlier in () if admits.is_empty else solution.demands[:index]:
        both = earlier.admits and admits.intersection(earlier.admits)
        if both and both.is_empty:
            said.insert(0, earlier.sentence)
            notes.append(Label(earlier.condition.span, f"but here {said[0]}"))
            break
    return NoSizeWorks(
        span=condition.span,
        chain=condition.chain,
        notes=tuple(notes),
        size=solution.name,
        rule=" and ".join(said),
        reason=condition.constraint.reason,
    )


def _refused(solution: SymbolSolution, size: int) -> Diagnostic | None:
    broken = next((one.condition for one in solution.demands if not one.holds(size)), None)
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
                rule=stated(constraint),
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
