"""Checks whether the data have what a step works on: its channels, its one input."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.recipes.check.paths import place_of
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.color import ColorJitter, ColorStep, RandomErasing
from netlang.recipes.words.data_images import ImageSource
from netlang.recipes.words.mixing import Mixing
from netlang.source import Span

__all__ = ["check_examples"]


def check_examples(recipe: Recipe) -> Iterator[Diagnostic]:
    """Every step of `augment` that isn't suitable for the data's examples."""
    for place, step in enumerate(recipe.augment):
        span = place_of(recipe, "augment", place)
        if isinstance(step, ColorStep):
            yield from _channels(recipe, step, span)
        if isinstance(step, Mixing) and recipe.batch == 1:
            yield refusals.MixesOneExample(span=span, step=step.name)
        if isinstance(step, Mixing) and len(recipe.data.inputs) > 1:
            yield refusals.MixesOneInput(
                span=span, step=step.name, data=recipe.data.name, inputs=len(recipe.data.inputs)
            )


def _channels(recipe: Recipe, step: ColorStep, span: Span) -> Iterator[Diagnostic]:
    if not recipe.data.is_image or not step.channels:
        return
    actual = recipe.data.shape[0]
    if actual is not None and actual not in step.channels:
        yield refusals.StepChannels(
            span=span,
            step=step.name,
            needed=f"{' or '.join(map(str, step.channels))} channel{'s' * (step.channels != (1,))}",
            data=recipe.data.name,
            actual=str(actual),
            advice=_advice(recipe, step),
        )


def _advice(recipe: Recipe, step: ColorStep) -> str:
    if isinstance(step, RandomErasing):
        return "give `value` one number, or one for each channel"
    if isinstance(recipe.data, ImageSource) and 3 in step.channels:
        return "remove it, or read images in colour: `channels=3`"
    if isinstance(step, ColorJitter):
        return "leave out `saturation` and `hue`"
    return "remove it"
