"""`netlang check`: whether files and nets are right, without writing anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from netlang.diagnostics.core import Diagnostic
    from netlang.ir.program import Program

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "check",
        callback=_check,
        params=[click.Argument(["specs"], nargs=-1, required=True, metavar="FILE...")],
        help="Check files with all their nets and recipes, or single nets (SPEC).",
        short_help="Check files or nets; exit status 1 if something is wrong.",
    )


def _check(specs: tuple[str, ...]) -> int:
    from netlang.cli.failures import REFUSED, show

    found: list[Diagnostic] = []
    for spec in specs:
        programs, errors = _examined(spec)
        found.extend(error for error in errors if error not in found)
        if not errors:
            click.echo("\n".join(map(_line, programs)) or f"{spec}: right, but has no net to build")
    if found:
        show(tuple(found))
    return REFUSED if found else 0


def _examined(spec: str) -> tuple[tuple[Program, ...], tuple[Diagnostic, ...]]:
    """The programs of a file or net, and what is wrong with it."""
    from netlang.diagnostics.core import NetlangError
    from netlang.examine import examine

    try:
        examined = examine(spec)
    except NetlangError as error:
        return (), error.diagnostics
    return examined.programs, examined.diagnostics


def _line(program: Program) -> str:
    """The net in one line: its cost and what its sizes must satisfy."""
    from netlang.analysis.constraints import solve
    from netlang.analysis.facts import Facts

    facts = Facts(program)
    parts: Iterator[str] = iter(
        (f"{facts.params:,} params", f"{facts.macs:,} MACs", *solve(program).sentences)
    )
    return f"{program.name}: {', '.join(parts)}"
