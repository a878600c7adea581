"""Refuses what can't work with the sections of a recipe."""

from __future__ import annotations

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.recipes.sections import NotForSteps
from netlang.recipes.recipe import Recipe

__all__ = ["TRAINED", "require_no_turns"]

_SCORE = "the losses of its steps don't say how good the net is"
TRAINED = "`netlang train` can carry it out"


def require_no_turns(recipe: Recipe, what: str, why: str = _SCORE, advice: str = TRAINED) -> None:
    """Raise `NetlangError` if a recipe has `step` sections, with which `what` can't work."""
    for turn in recipe.turns:
        raise NetlangError(
            NotForSteps(
                span=turn.span,
                what=what,
                recipe=recipe.name,
                section="`step` sections",
                why=why,
                advice=advice,
            )
        )
