"""Checks whether a run is possible: what it watches, and the parts in which it computes."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.ir.owned import owned
from netlang.ir.program import Program
from netlang.ops.norm import BatchNorm
from netlang.recipes.check.optimizer import below
from netlang.recipes.recipe import Epochs, Recipe

__all__ = [
    "check_run", "collects", "late_averages", "left_to_data", "norm_of_single_values",
    "nothing_to_watch", "trains_norms",
]  # fmt: skip


def check_run(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Every error about a run that doesn't depend on the data."""
    if recipe.validation is None and recipe.data.own_validation is False:
        yield from nothing_to_watch(recipe)
    if recipe.swa is not None and recipe.ema is not None:
        spans = recipe.places["ema"], recipe.places["swa"]
        yield refusals.AveragedTwice(span=max(spans, key=lambda span: span.start))
    if isinstance(recipe.length, Epochs):
        yield from late_averages(recipe, recipe.length.count)
    if recipe.accumulate > recipe.batch:
        yield refusals.TooManyParts(
            span=recipe.places["accumulate"], batch=recipe.batch, parts=recipe.accumulate
        )
    elif recipe.batch // recipe.accumulate == 1:
        label = norm_of_single_values(recipe, program)
        if label is not None:
            key = "batch" if recipe.batch == 1 else "accumulate"
            parts = f"{recipe.batch} examples in {recipe.accumulate} parts"
            what = "one example" if recipe.batch == 1 else parts
            yield refusals.OneValueNormalized(span=recipe.places[key], label=label, what=what)


def nothing_to_watch(recipe: Recipe) -> Iterator[Diagnostic]:
    """Errors of a recipe that needs a validation part but has none."""
    if recipe.early_stopping is not None:
        yield refusals.NothingToWatch(span=recipe.places["early_stopping"])


def late_averages(recipe: Recipe, epochs: int) -> Iterator[Diagnostic]:
    """The error of a recipe whose averages begin after a run of so many whole epochs."""
    if recipe.swa is not None and recipe.swa > epochs:
        yield refusals.AveragesLate(
            span=recipe.places["swa"],
            first=recipe.swa,
            epochs=epochs,
            advice=f"write `swa: {epochs}`, or train longer" if epochs else "train longer",
        )


def collects(recipe: Recipe, program: Program) -> bool:
    """Whether averaged weights need statistics of batch norms that are trained."""
    return recipe.swa is not None and trains_norms(recipe, program)


def trains_norms(recipe: Recipe, program: Program) -> bool:
    """Whether a net has batch norms that aren't frozen."""
    norms = (each for each in owned(program) if isinstance(each.op, BatchNorm))
    return any(not below(each.key, recipe.freeze) for each in norms)


def left_to_data(recipe: Recipe) -> str | None:
    """What the data must have for the recipe, if only they can tell whether they do."""
    if recipe.early_stopping is None or recipe.validation is not None:
        return None
    if recipe.data.own_validation is not None:
        return None
    return (
        f"`early_stopping` of `{recipe.name}` needs a part for validation in the data, or"
        " `validation: 0.2`: only training can tell"
    )


def norm_of_single_values(recipe: Recipe, program: Program) -> str | None:
    """The first trained batch norm without positions, which sees one value per example."""
    for each in owned(program):
        if not isinstance(each.op, BatchNorm) or below(each.key, recipe.freeze):
            continue
        sizes = [size for size in each.inputs[0].shape[1:] if isinstance(size, int)]
        if len(sizes) == len(each.inputs[0].shape) - 1 and prod(sizes) == 1:
            return each.key.rpartition(".")[0]
    return None
