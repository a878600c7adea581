"""Checks whether a normalization fits the data: numbers per channel, matrices of feasible size."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.recipes.check.paths import shown_shape
from netlang.recipes.check.prepared import prepared_shape
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.normalizations import (
    Imagenet,
    Normalization,
    Standardize,
    SubtractMean,
    Whitening,
)

__all__ = ["LARGEST", "channels_of", "check_normalization"]

LARGEST = 3072
"""The elements that whitening takes: color images of 32x32, with a matrix of 38 MB."""


def check_normalization(recipe: Recipe) -> Iterator[Diagnostic]:
    """Every error in the normalization that can be found without the data."""
    wanted, span = recipe.normalize, recipe.places.get("normalize")
    if isinstance(wanted, Standardize) and (wanted.mean is None) is not (wanted.std is None):
        given, missing = ("mean", "std") if wanted.std is None else ("std", "mean")
        yield refusals.HalfGiven(span=span, given=given, missing=missing)
        return
    yield from _check_channels(recipe)
    trained, _ = prepared_shape(recipe, recipe.augment)
    if wanted is not None and wanted.of_elements:
        # Training images of several sizes are an error of their own.
        known = [size for size in trained if size is not None]
        if len(known) == len(trained):
            yield from _check_elements(recipe, wanted, trained, prod(known))


def _check_elements(
    recipe: Recipe, wanted: Normalization, trained: tuple[int | None, ...], count: int
) -> Iterator[Diagnostic]:
    """Numbers of single elements are of use for inputs of one size, in training and afterwards."""
    span, whole = recipe.places["normalize"], isinstance(wanted, Whitening)
    tested, _ = prepared_shape(recipe, recipe.test_path)
    if whole and count > LARGEST:
        yield refusals.WhiteningTooLarge(span=span, name=wanted.name, elements=count, limit=LARGEST)
    elif trained != tested:
        yield refusals.OneSizeNeeded(
            span=span,
            name=wanted.name,
            trained=shown_shape(trained),
            tested=shown_shape(tested),
            advice="" if whole else ", or leave out `per=element`",
        )


def _check_channels(recipe: Recipe) -> Iterator[Diagnostic]:
    wanted = recipe.normalize
    if not isinstance(wanted, Imagenet | Standardize | SubtractMean) or wanted.mean is None:
        return
    rows = [wanted.mean]
    if not isinstance(wanted, SubtractMean) and wanted.std is not None:
        rows.append(wanted.std)
    actual = channels_of(recipe.data.shape)
    wrong = next((len(row) for row in rows if len(row) != actual), None)
    if wrong is not None:
        yield refusals.ChannelCountDiffers(
            span=recipe.places["normalize"],
            normalization=wanted.name,
            expected=wrong,
            data=recipe.data.name,
            actual=actual,
        )


def channels_of(shape: tuple[int | None, ...]) -> int:
    """The channels of an example's shape; a signal without a channel axis has one."""
    return shape[0] or 1 if len(shape) > 1 else 1
