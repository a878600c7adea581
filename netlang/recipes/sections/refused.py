"""Refuses what can't work with the sections of a recipe."""

from __future__ import annotations

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.recipes.sections import NotForSteps
from netlang.recipes.recipe import Recipe

__all__ = ["require_no_draws", "require_no_samples", "require_no_turns", "require_no_warmups"]

_SCORE = "the losses of its steps don't say how good the net is"


def require_no_turns(recipe: Recipe, what: str, why: str = _SCORE, advice: str = "") -> None:
    """Raise `NetlangError` if a recipe has `step` sections, with which `what` can't work."""
    if recipe.turns:
        raise NetlangError(
            NotForSteps(
                span=recipe.turns[0].span,
                what=what,
                recipe=recipe.name,
                section="`step` sections",
                why=why,
                advice=advice or "`netlang train` can carry it out",
            )
        )


def require_no_draws(recipe: Recipe, what: str, why: str) -> None:
    """Raise `NetlangError` if a recipe draws inputs of its net, with which `what` can't work."""
    if recipe.draws:
        raise NetlangError(
            NotForSteps(
                span=recipe.draws[0].span,
                what=what,
                recipe=recipe.name,
                section="a `draw` section",
                why=why,
                advice="`netlang train` can carry it out",
            )
        )


def require_no_samples(recipe: Recipe, what: str) -> None:
    """Raise `NetlangError` if a recipe shows samples, which `what` can't do."""
    if recipe.samples is not None:
        raise NetlangError(
            NotForSteps(
                span=recipe.places["samples"],
                what=what,
                recipe=recipe.name,
                section="the key `samples`",
                why="it draws no pictures",
                advice="leave them out: `samples=none`",
            )
        )


def require_no_warmups(recipe: Recipe, what: str) -> None:
    """Raise `NetlangError` if weights of a loss change, as `what` can't make them."""
    for term in recipe.loss.terms:
        if term.warmup is not None:
            raise NetlangError(
                NotForSteps(
                    span=term.span,
                    what=what,
                    recipe=recipe.name,
                    section="a `warmup` in its loss",
                    why="its losses have the same weights throughout",
                    advice="`netlang train` can carry it out",
                )
            )
