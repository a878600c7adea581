"""Parts of data as a run takes them: normalized, wholly in memory."""

from __future__ import annotations

from dataclasses import replace

import torch

from netlang.backends.torch.data.load import load_parts as load_stored
from netlang.backends.torch.data.sets import Examples, Parts, Tensors
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.training import AugmentationNotTrainable, DataNotTrainable
from netlang.recipes.places import Places
from netlang.recipes.recipe import Recipe

__all__ = ["load_parts"]


def load_parts(recipe: Recipe, places: Places | None = None) -> Parts:
    """The parts of a recipe's data, normalized; raises `NetlangError` for what can't be had yet."""
    for key, steps in (("augment", recipe.augment), ("test", recipe.test)):
        if steps:
            raise NetlangError(
                AugmentationNotTrainable(
                    span=recipe.places[key],
                    augmentation=steps[0].name,
                    data=recipe.data.name,
                    key=key,
                )
            )
    parts = load_stored(recipe, places or Places())
    return replace(
        parts,
        train=_normalized(parts.train, recipe),
        validation=parts.validation and _normalized(parts.validation, recipe),
        test=parts.test and _normalized(parts.test, recipe),
    )


def _normalized(examples: Examples, recipe: Recipe) -> Tensors:
    if not isinstance(examples, Tensors):
        raise NetlangError(
            DataNotTrainable(
                span=recipe.places["data"], data=recipe.data.name, available="`mnist1d`, `digits`"
            )
        )
    inputs = examples.inputs[0]
    if inputs.dtype == torch.uint8:
        inputs = inputs.float() / 255.0
    if recipe.normalize is not None:
        shape = (-1,) + (1,) * (inputs.dim() - 2)
        means = torch.tensor(recipe.normalize.means).reshape(shape)
        deviations = torch.tensor(recipe.normalize.deviations).reshape(shape)
        inputs = (inputs - means) / deviations
    return Tensors((inputs, *examples.inputs[1:]), examples.targets)
