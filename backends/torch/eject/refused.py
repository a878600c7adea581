"""Refuses recipes of which no script is made."""

from __future__ import annotations

from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.refused import refusal, require_no_turns

__all__ = ["require_script"]

_WHAT = "`compile -o train.py`"


def require_script(recipe: Recipe) -> None:
    """Raise `NetlangError` for what a script can't do of all that a recipe can say."""
    require_no_turns(recipe, _WHAT, "a script has one loss and one optimizer")
    if recipe.samples is not None:
        span, advice = recipe.places["samples"], "leave them out: `samples=none`"
        raise refusal(span, recipe, _WHAT, "the key `samples`", "it draws no pictures", advice)
    for term in recipe.loss.terms:
        if term.warmup is not None:
            section, why = "a `warmup` in its loss", "its losses have the same weights throughout"
            raise refusal(term.span, recipe, _WHAT, section, why)
    for draw in recipe.draws:
        why = "a script takes every input from the data"
        raise refusal(draw.span, recipe, _WHAT, "a `draw` section", why)
