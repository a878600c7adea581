"""Refuses recipes of which no script is made."""

from __future__ import annotations

from netlang.backends.torch.augment.path import AugmentationPath
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.refused import refusal

__all__ = ["require_script"]

_WHAT = "`compile -o train.py`"


def require_script(recipe: Recipe, test: AugmentationPath) -> None:
    """Raise `NetlangError` for what a script can't do of all that a recipe can say.

    `test` is how examples are prepared for a test.
    """
    if recipe.samples is not None and (test.views > 1 or test.scales > 1):
        span, advice = recipe.places["samples"], "leave them out: `samples=none`"
        why = "its test has several views of an example, and a script draws one"
        raise refusal(span, recipe, _WHAT, "the key `samples`", why, advice)
    for draw in recipe.draws:
        if test.scales > 1 and not recipe.turns:
            why = "a test at several scales takes every input from the data"
            raise refusal(draw.span, recipe, _WHAT, "a `draw` section and `multi_scale`", why)
