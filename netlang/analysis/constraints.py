"""The valid sizes of a program; completes and checks the sizes that a user gives."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.ir.sizes.kept import solved
from netlang.ir.sizes.solve import Solution
from netlang.ir.sizes.words.rules import listed

__all__ = ["checked_sizes", "solve"]


def solve(program: Program) -> Solution:
    """The conditions of a deployed program in closed form, cached for the program's lifetime."""
    return solved(program, deployed=True)


def checked_sizes(
    program: Program, sizes: Mapping[str, int] | None = None, batch: int = 1
) -> dict[str, int]:
    """Every symbol with its size, the batch `N` first: the given ones, and defaults for the rest.

    Raises `NetlangError` with one diagnostic for every size that is unknown, below 1, or at which
    some step of the net can't run.
    """
    given = dict(sizes or {})
    complete = {**program.defaults, **given, "N": batch}
    errors = [*_unknown(program, given), *_not_positive(complete)]
    errors = errors or list(solve(program).check(complete))
    if errors:
        raise NetlangError(*errors)
    return complete


def _unknown(program: Program, given: Mapping[str, int]) -> list[Diagnostic]:
    names = [size.name for size in program.sizes]
    known = (
        f"its sizes are {listed([f'`{name}`' for name in names], 'and')}"
        if names
        else "all sizes of its inputs are fixed: write `H=224` instead of `224` in its input"
    )
    return [
        language.UnknownSize(span=None, size=name, net=program.name, known=known)
        for name in given
        if name not in names
    ]


def _not_positive(sizes: Mapping[str, int]) -> list[Diagnostic]:
    return [
        language.SizeNotPositive(span=None, size=name, value=size)
        for name, size in sizes.items()
        if size < 1
    ]
