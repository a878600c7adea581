"""From what the user names, ``mnist1d`` or ``file.net:recipe``, to a recipe and its program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from netlang.diagnostics.core import Diagnostic, NetlangError
from netlang.elaborate import Module, resolve
from netlang.elaborate.program import elaborate
from netlang.elaborate.values import BlockTarget
from netlang.ir.program import Program
from netlang.recipes.check import check_recipe
from netlang.recipes.read import read_recipe
from netlang.recipes.recipe import Recipe

__all__ = ["examine_recipe", "load_recipe", "program_of"]


def load_recipe(spec: str | Path, overrides: Iterable[str] = ()) -> tuple[Recipe, Program]:
    """A recipe and the program that it trains; raises `NetlangError` where they don't fit."""
    target = resolve(spec, "train")
    recipe = read_recipe(target.module, target.name, overrides)
    program = program_of(recipe)
    problems = check_recipe(recipe, program)
    if problems:
        raise NetlangError(*problems)
    return replace(recipe, files=target.module.library.files), program


def program_of(recipe: Recipe) -> Program:
    """The program of a recipe's net."""
    target = recipe.model.target
    assert isinstance(target, BlockTarget)
    return elaborate(recipe.model, recipe.model.name, recipe.places["model"])


def examine_recipe(module: Module, name: str) -> list[Diagnostic]:
    """Everything that is wrong with a recipe of a file, its net included."""
    try:
        recipe = read_recipe(module, name)
        return check_recipe(recipe, program_of(recipe))
    except NetlangError as error:
        return list(error.diagnostics)
