"""Refuses what can't work with the sections of a recipe."""

from __future__ import annotations

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.recipes.sections import NotForSteps
from netlang.recipes.recipe import Recipe
from netlang.source import Span

__all__ = ["refusal", "require_no_turns"]

_SCORE = "the losses of its steps don't say how good the net is"
_TRAIN = "`netlang train` can carry it out"


def require_no_turns(recipe: Recipe, what: str, why: str = _SCORE, advice: str = _TRAIN) -> None:
    """Raise `NetlangError` if a recipe has `step` sections, with which `what` can't work."""
    for turn in recipe.turns:
        raise refusal(turn.span, recipe, what, "`step` sections", why, advice)


def refusal(
    span: Span, recipe: Recipe, what: str, section: str, why: str, advice: str = _TRAIN
) -> NetlangError:
    """The error of `what`, which can't work with a `section` of a recipe."""
    return NetlangError(
        NotForSteps(
            span=span, what=what, recipe=recipe.name, section=section, why=why, advice=advice
        )
    )
