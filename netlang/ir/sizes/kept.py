"""The solved conditions of programs, kept for as long as these live."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from netlang.ir.program import Program
from netlang.ir.sizes.solve import Solution, solve_conditions

__all__ = ["solved"]

_solved: WeakKeyDictionary[Program, dict[bool, Solution]] = WeakKeyDictionary()


def solved(program: Program, *, deployed: bool) -> Solution:
    """The conditions of a program in closed form: as deployed, or of all that training needs."""
    conditions = program.deployed_conditions
    deployed = deployed or len(conditions) == len(program.conditions)
    found = _solved.setdefault(program, {})
    if deployed not in found:
        found[deployed] = solve_conditions(conditions if deployed else program.conditions)
    return found[deployed]
