"""Checks whether the rules for initial weights match anything in the net."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.ir.owned import owned
from netlang.ir.program import Program
from netlang.recipes.check.optimizer import below
from netlang.recipes.recipe import Recipe
from netlang.recipes.residual import last_norms
from netlang.recipes.roles import kinds_of
from netlang.recipes.words.initializations import Initialization, InitializationRule, ZeroLastNorm

__all__ = ["check_init"]


def check_init(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Every rule that matches nothing."""
    for rule in recipe.init:
        what = _missing(rule, program)
        if what:
            yield refusals.NothingToFill(
                span=recipe.places["init"], rule=rule.name, net=program.name, what=what
            )


def _missing(rule: Initialization, program: Program) -> str:
    """What a rule searches for without success, in words."""
    if isinstance(rule, ZeroLastNorm):
        return "" if last_norms(program) else "no residual branch ends with a norm"
    if not isinstance(rule, InitializationRule):
        return ""
    weights = [each for each in owned(program) if each.trained]
    found = [each for each in weights if not rule.below or below(each.key, rule.below)]
    if not found and weights:
        # Missing labels are a different error.
        return ""
    kinds = " or ".join(f"`{kind}`" for kind in rule.of)
    return "" if any(kinds_of(each) & set(rule.of) for each in found) else f"no weights of {kinds}"
