"""A spec looked at from every side: its names, nets, asserts and recipes.

Holds on exit: all errors of the file are reported together, each once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import final

from netlang.diagnostics.core import Diagnostic
from netlang.elaborate import Library, Module, elaborate_target, resolve
from netlang.ir.program import Program

__all__ = ["Examined", "examine", "examine_module"]


@final
@dataclass(frozen=True)
class Examined:
    """The nets of a spec that need no more arguments, and everything that is wrong."""

    programs: tuple[Program, ...]
    diagnostics: tuple[Diagnostic, ...]


def examine(spec: str) -> Examined:
    """Look at a whole file, or at the one net that `spec` names; raises if there is none."""
    if spec.endswith(".net"):
        return examine_module(Library().open(Path(spec)))
    target = resolve(spec, "net")
    program = elaborate_target(target)
    # Asserts speak of nets at their default arguments.
    claims = (
        () if target.arguments else _asserts(target.module, {target.name: program}, target.name)
    )
    return Examined((program,), tuple(claims))


def examine_module(module: Module) -> Examined:
    """Look at all names, nets, asserts and recipes of a file."""
    from netlang.elaborate.check import check_definitions

    checked = check_definitions(module)
    found = list(checked.diagnostics)
    if not found:
        _add(found, _asserts(module, checked.programs))
    if module.recipes:
        from netlang.recipes.load import examine_recipe

        for name in module.recipes:
            _add(found, examine_recipe(module, name))
    return Examined(tuple(checked.programs.values()), tuple(found))


def _asserts(
    module: Module, programs: dict[str, Program], about: str | None = None
) -> Iterable[Diagnostic]:
    from netlang.analysis.asserts import check_asserts

    return check_asserts(module, programs, about)


def _add(found: list[Diagnostic], more: Iterable[Diagnostic]) -> None:
    """Add what is not the same mistake reached on another way."""
    known = {(each.code, each.span, each.message) for each in found}
    found.extend(each for each in more if (each.code, each.span, each.message) not in known)
