"""Checks a spec completely: its names, nets, asserts and recipes.

On exit, all errors of the file are reported together, each once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, final

from netlang.diagnostics.diagnostic import Caution, Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.many import distinct
from netlang.ir.program import Program
from netlang.modules.library import Library, Module
from netlang.records import Record, no_collection, replace

if TYPE_CHECKING:
    from netlang.recipes.recipe import Recipe

__all__ = ["Examined", "beside_causes", "examine", "examine_module", "warnings_of"]


@final
class Examined(Record):
    """The nets of a spec that need no more arguments, and all findings.

    If there are errors, the only warnings are those that may be their cause.
    """

    programs: tuple[Program, ...]
    diagnostics: tuple[Diagnostic, ...]
    warnings: tuple[Caution, ...] = ()
    recipes: tuple[str, ...] = ()
    left_open: tuple[str, ...] = ()
    """What the data of its recipes must have, which only training can tell."""


@no_collection()
def examine(spec: str) -> Examined:
    """Check a whole file, or the net or recipe that `spec` names. Raises if there is none."""
    if spec.endswith(".net"):
        return examine_module(Library().look_at(Path(spec)))
    from netlang.elaborate import elaborate_target, means_recipe, resolve

    try:
        target = resolve(spec, "net")
    except NetlangError as error:
        if not means_recipe(spec, error):
            raise
        return _examined_recipe(spec)
    program = elaborate_target(target)
    # Asserts refer to nets with their default arguments.
    claims = (
        () if target.arguments else _asserts(target.module, {target.name: program}, target.name)
    )
    return _linted(target.module, (program,), list(claims))


def _examined_recipe(spec: str) -> Examined:
    """Check one recipe, and the net that it trains. Raises `NetlangError`."""
    from netlang.elaborate import resolve
    from netlang.recipes.load import checked_space

    target = resolve(spec, "train")
    recipe, program, _ = checked_space(target.module, target.name)
    examined = _linted(target.module, (program,), [], [(recipe, program)])
    left_open = tuple(_left_open([(recipe, program)]))
    return replace(examined, recipes=(target.name,), left_open=left_open)


@no_collection()
def examine_module(module: Module) -> Examined:
    """Check all names, nets, asserts and recipes of a file."""
    from netlang.elaborate.check import check_definitions, in_order

    checked = check_definitions(module)
    found = [*module.mistakes, *checked.diagnostics, *_asserts(module, checked.programs)]
    recipes = list(_recipes(module, found))
    found = list(distinct(found))
    if module.mistakes:
        found = in_order(found, module.source)
    examined = _linted(module, tuple(checked.programs.values()), found, recipes, whole=True)
    left_open = tuple(_left_open(recipes))
    return replace(examined, recipes=tuple(module.recipes), left_open=left_open)


def warnings_of(
    module: Module, program: Program, recipe: Recipe | None = None
) -> tuple[Caution, ...]:
    """The warnings about the file of a net or recipe, and about nets in this file only.

    Raises `NetlangError` for a comment that names no warning.
    """
    from netlang.lint import lint

    recipes = () if recipe is None else ((recipe, program),)
    findings = lint(module, (program,), recipes)
    if findings.errors:
        raise NetlangError(*findings.errors)
    return findings.warnings


def beside_causes(spec: str, error: NetlangError) -> NetlangError:
    """The errors of the recipe that `spec` names, with the warnings that may be their cause."""
    from netlang.elaborate import resolve

    try:
        module = resolve(spec, "train").module
    except NetlangError:
        return error  # there is no such recipe: that is what is wrong
    causes = filter(_is_cause, examine_module(module).warnings)
    return NetlangError(*error.diagnostics, *causes)


def _linted(
    module: Module,
    programs: tuple[Program, ...],
    found: list[Diagnostic],
    recipes: Iterable[tuple[Recipe, Program]] = (),
    *,
    whole: bool = False,
) -> Examined:
    """The findings with warnings; if there are errors, only those that may be their cause."""
    from netlang.lint import lint

    if found:
        warnings = lint(module, programs, causes=True).warnings
        return Examined(programs, tuple(found), tuple(filter(_is_cause, warnings)))
    findings = lint(module, programs, recipes, whole=whole)
    return Examined(programs, findings.errors, findings.warnings)


def _is_cause(warning: Caution) -> bool:
    """Whether a warning is about the axes that a step works on, which affect the net's result.

    Others, such as unused names, may be wrong while part of the file is.
    """
    from netlang.diagnostics.warnings.tensors import is_about_tensors

    return is_about_tensors(warning.code)


def _recipes(module: Module, found: list[Diagnostic]) -> Iterator[tuple[Recipe, Program]]:
    """The valid recipes of a file with their nets; errors go to `found`."""
    if module.recipes:
        from netlang.recipes.load import checked_space

        for name in module.recipes:
            try:
                yield checked_space(module, name)[:2]
            except NetlangError as error:
                found.extend(error.diagnostics)


def _left_open(recipes: Iterable[tuple[Recipe, Program]]) -> Iterator[str]:
    for recipe, _ in recipes:
        from netlang.recipes.check.run import left_to_data

        sentence = left_to_data(recipe)
        if sentence is not None:
            yield sentence


def _asserts(
    module: Module, programs: dict[str, Program], about: str | None = None
) -> Iterable[Diagnostic]:
    from netlang.analysis.asserts import check_asserts

    return check_asserts(module, programs, about)
