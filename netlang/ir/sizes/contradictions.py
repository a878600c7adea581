"""Errors for conditions that no size meets."""

from __future__ import annotations

from collections.abc import Iterable

from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic, Note
from netlang.diagnostics.errors import InternalError
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.program import Condition
from netlang.ir.sizes.demands import SymbolSolution
from netlang.ir.sizes.periodic import SizeSet, positive
from netlang.ir.sizes.reduce import reduced
from netlang.ir.sizes.solve import Solution, solve_conditions
from netlang.ir.sizes.words.formula import stated
from netlang.source import Span

__all__ = ["contradictions"]


def contradictions(
    conditions: Iterable[Condition], solution: Solution | None = None
) -> tuple[Diagnostic, ...]:
    """One error for every step because of which no size works, with its axes listed.

    `solution` is that of the conditions, if it is known.
    """
    found = tuple(conditions)
    solved = solve_conditions(found) if solution is None else solution
    never = (
        language.NeverHolds(
            span=condition.span,
            chain=condition.chain,
            rule=stated(condition.constraint),
            reason=condition.constraint.reason,
        )
        for condition in found
        if _never_holds(reduced(condition).constraint)
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
            notes.append(Note(earlier.condition.span, f"but here {said[0]}"))
            break
    return language.NoSizeWorks(
        span=condition.span,
        chain=condition.chain,
        notes=tuple(notes),
        size=solution.name,
        rule=" and ".join(said),
        reason=condition.constraint.reason,
    )


def _never_holds(constraint: Constraint) -> bool:
    difference = constraint.difference
    if not isinstance(difference, int):
        return False
    return difference != 0 if constraint.relation is Relation.EQUAL else difference < 0
