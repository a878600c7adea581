"""Loads what the user names, ``mnist1d`` or ``file.net:recipe``, as a recipe and its program."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.many import distinct
from netlang.elaborate.program import elaborate
from netlang.evaluate.values import BlockTarget
from netlang.ir.length import require_writable
from netlang.ir.program import Program
from netlang.modules.library import Module
from netlang.recipes.check import check_recipe
from netlang.recipes.read import read_recipe
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.check import check_read_steps
from netlang.recipes.sections.read import StepsUnread
from netlang.recipes.spaces.probes import misplaced_spaces, probed
from netlang.recipes.spaces.written import Spaces
from netlang.records import replace

__all__ = [
    "checked_recipe", "checked_space", "examine_recipe", "load_recipe", "open_recipe", "program_of",
]  # fmt: skip


def load_recipe(spec: str | Path, overrides: Iterable[str] = ()) -> tuple[Recipe, Program]:
    """A recipe and the program that it trains. Raises `NetlangError` if they don't fit."""
    _, recipe, program = open_recipe(spec, overrides)
    return recipe, program


def open_recipe(spec: str | Path, overrides: Iterable[str] = ()) -> tuple[Module, Recipe, Program]:
    """The same, with the file that contains the recipe."""
    from netlang.elaborate import resolve

    target = resolve(spec, "train")
    recipe, program = checked_recipe(target.module, target.name, overrides)
    return target.module, replace(recipe, files=target.module.library.files), program


def checked_recipe(
    module: Module, name: str, overrides: Iterable[str] = ()
) -> tuple[Recipe, Program]:
    """A recipe of a file and the program that it trains. Raises `NetlangError`."""
    recipe = _read(module, name, overrides)
    program = program_of(recipe)
    problems = check_recipe(recipe, program)
    if problems:
        raise NetlangError(*problems)
    return recipe, program


def _read(
    module: Module, name: str, overrides: Iterable[str], spaces: Spaces | None = None
) -> Recipe:
    """A recipe; if only steps of it can't be read, what else is wrong with them is told too."""
    try:
        return read_recipe(module, name, overrides, spaces)
    except StepsUnread as error:
        raise NetlangError(*error.diagnostics, *_others(error.rest)) from None


def _others(rest: Recipe) -> tuple[Diagnostic, ...]:
    """Errors in what could be read of a recipe's steps, or those of its net."""
    try:
        return tuple(check_read_steps(rest, program_of(rest)))
    except NetlangError as error:
        return error.diagnostics


def checked_space(
    module: Module, name: str, overrides: Iterable[str] = ()
) -> tuple[Recipe, Program, Spaces]:
    """The same of a recipe that may leave something to a search.

    Each end of a space and each value of a choice is checked once. The recipe is the one with the
    first value of every space, and `Spaces` knows these. Raises `NetlangError`.
    """
    found: list[tuple[Recipe, Program, Spaces]] = []
    problems: list[Diagnostic] = []

    def read(spaces: Spaces) -> None:
        try:
            recipe = _read(module, name, overrides, spaces)
            program = program_of(recipe)
            problems.extend(check_recipe(recipe, program))
            found.append((recipe, program, spaces))
            problems.extend(misplaced_spaces((found[0][0], found[0][2]), (recipe, spaces)))
        except NetlangError as error:
            problems.extend(error.diagnostics)

    wrong = probed(read) - len(found)
    if problems or wrong:
        raise NetlangError(*distinct(problems))
    return found[0]


def program_of(recipe: Recipe) -> Program:
    """The program of a recipe's net. Raises `NetlangError` if it has too many steps to train."""
    target = recipe.model.target
    assert isinstance(target, BlockTarget)
    program = elaborate(recipe.model, recipe.model.name, recipe.places["model"])
    advice = "repeat less: a net is trained step by step"
    require_writable(program, recipe.places["model"], advice=advice)
    return program


def examine_recipe(module: Module, name: str) -> list[Diagnostic]:
    """Every error in a recipe of a file, including its net."""
    try:
        checked_space(module, name)
    except NetlangError as error:
        return list(error.diagnostics)
    return []
