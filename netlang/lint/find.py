"""Applies all rules to a file, its nets and its recipes.

On entry, the file has no errors. On exit, each warning occurs once, in the order of the text,
except those that a comment silences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, final

from netlang.diagnostics.diagnostic import Caution, Diagnostic
from netlang.evaluate.nesting import room_for_nesting
from netlang.ir.program import Program
from netlang.lint.calls import Found
from netlang.lint.graph import LintWalk
from netlang.lint.registry import CAUSES, SITE_RULES, TREE_RULES
from netlang.lint.silence import silenced
from netlang.lint.site import About
from netlang.lint.steps import StepsInText
from netlang.lint.tree import look
from netlang.records import Record

if TYPE_CHECKING:
    from netlang.modules.library import Module
    from netlang.recipes.recipe import Recipe

__all__ = ["Findings", "lint"]


@final
class Findings(Record):
    """Warnings, and problems with the comments that silence warnings."""

    warnings: tuple[Caution, ...] = ()
    errors: tuple[Diagnostic, ...] = ()


def lint(
    module: Module,
    programs: Iterable[Program],
    recipes: Iterable[tuple[Recipe, Program]] = (),
    *,
    whole: bool = False,
    causes: bool = False,
) -> Findings:
    """Apply all rules to a file and to what was made from it.

    `whole` says that every net and recipe of the file that needs no more arguments is included;
    only then is it known which comments silence nothing. With `causes`, rules of the text are left
    out that never tell why a file is wrong.
    """
    steps = StepsInText(module)
    definitions: set[tuple[str, int]] = set()
    with room_for_nesting():
        found = [
            *map(Found, look(module, CAUSES if causes else TREE_RULES)),
            *_in_nets(module, programs, steps, definitions),
            *map(Found, _in_recipes(recipes, steps)),
        ]
        return Findings(*silenced(module, found, definitions if whole else None))


def _in_nets(
    module: Module,
    programs: Iterable[Program],
    steps: StepsInText,
    definitions: set[tuple[str, int]],
) -> Iterator[Found]:
    for program in programs:
        walk = LintWalk(About(module, program.net, program.defaults, steps), SITE_RULES)
        walk.net(program)
        definitions |= walk.definitions
        yield from walk.found


def _in_recipes(recipes: Iterable[tuple[Recipe, Program]], steps: StepsInText) -> Iterator[Caution]:
    recipes = tuple(recipes)
    if not recipes:
        return  # the words of recipes take their time to load
    from netlang.lint.trained import Training
    from netlang.lint.training import RECIPE_RULES

    for recipe, program in recipes:
        for rule in RECIPE_RULES:
            yield from rule(Training(recipe, program, steps))
