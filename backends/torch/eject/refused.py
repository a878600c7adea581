"""Refuses recipes of which no script is made."""

from __future__ import annotations

from netlang.backends.torch.augment.path import AugmentationPath
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.recipes.sections import NotForSteps
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.refused import TRAINED

__all__ = ["require_script"]

_WHAT = "`compile -o train.py`"


def require_script(recipe: Recipe, test: AugmentationPath) -> None:
    """Raise `NetlangError` for what a script can't do of all that a recipe can say.

    `test` is how examples are prepared for a test.
    """
    if recipe.samples is not None and (test.views > 1 or test.scales > 1):
        span, advice = recipe.places["samples"], "leave them out: `samples=none`"
        why = "its test has several views of an example, and a script draws one"
        raise NetlangError(
            NotForSteps(
                span=span, what=_WHAT, recipe=recipe.name, section="the key `samples`",
                why=why, advice=advice,
            )
        )  # fmt: skip
    for draw in recipe.draws:
        if test.scales > 1 and not recipe.turns:
            why = "a test at several scales takes every input from the data"
            section = "a `draw` section and `multi_scale`"
            raise NetlangError(
                NotForSteps(
                    span=draw.span, what=_WHAT, recipe=recipe.name, section=section,
                    why=why, advice=TRAINED,
                )
            )  # fmt: skip
