"""Checks whether the steps of `augment` and `test` are allowed where they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.geometry import Flip
from netlang.recipes.words.mixing import Mixing
from netlang.recipes.words.sizes import MultiScale, ResizeShorter, SizeStep, TenCrop
from netlang.source import Span

__all__ = ["check_steps", "place_of", "shown_shape"]

_ONE = "keep one of them"
_EARLIER = "put it before"
# What can't come after what: the steps, those after them, why, and advice.
_BEHIND: tuple[tuple[type[Augmentation], type[Augmentation], str, str], ...] = (
    (Mixing, Mixing, "examples are mixed once", _ONE),
    (Mixing, SizeStep, "images that are mixed have one size", _EARLIER),
    (TenCrop, SizeStep, "the ten crops are what the net gets", _EARLIER),
    (TenCrop, Flip, "five of the ten crops are of the mirror image", _ONE),
    (Flip, Flip, "each image is mirrored once", _ONE),
    (Flip, SizeStep, "the image and its mirror image are what the net gets", _EARLIER),
    (MultiScale, MultiScale, "each image is seen at one list of sizes", _ONE),
)


def check_steps(recipe: Recipe) -> Iterator[Diagnostic]:
    """Every step that its data or its place in the recipe doesn't allow."""
    for key, steps in (("augment", recipe.augment), ("test", recipe.test)):
        before: dict[type, Augmentation] = {}
        for place, step in enumerate(steps):
            if not recipe.data.is_image and not step.for_signals:
                yield refusals.AugmentationNeedsImages(
                    span=place_of(recipe, key, place),
                    augmentation=step.name,
                    data=recipe.data.name,
                    shape=shown_shape(recipe.data.shape),
                )
                continue
            found = _in_key(step, key) or _behind(step, before.values())
            before.setdefault(type(step), step)
            if found:
                where, why, advice = found
                span = place_of(recipe, key, place)
                yield refusals.StepMisplaced(
                    span=span, step=step.name, where=where, why=why, advice=advice
                )


def place_of(recipe: Recipe, key: str, place: int) -> Span:
    """Where a step is written; for an implicit test path, where the data are."""
    if key == "test" and not recipe.test:
        return recipe.places["data"]
    return recipe.places.get(f"{key}[{place}]", recipe.places["data"])


def _in_key(step: Augmentation, key: str) -> tuple[str, str, str] | None:
    """What is wrong with a step in `augment` or `test`."""
    where = f"in `{key}`"
    if key == "augment" and not step.for_training:
        return where, "predictions are averaged over it", "move it to `test`"
    if key == "test" and not step.for_tests:
        return where, "this is drawn at random, for training alone", "remove it"
    if key == "test" and isinstance(step, ResizeShorter) and len(set(step.bounds)) > 1:
        first, last = step.bounds
        advice = f"write `resize_shorter({first})`, or `multi_scale([{first}, {last}])`"
        return where, "from a range it is drawn at random, for training alone", advice
    return None


def _behind(step: Augmentation, before: Iterable[Augmentation]) -> tuple[str, str, str] | None:
    """What is wrong with a step after others, if some of these can't precede it."""
    for other in before:
        for first, behind, why, advice in _BEHIND:
            if isinstance(other, first) and isinstance(step, behind):
                return f"after `{other.name}`", why, advice
    return None


def shown_shape(shape: tuple[int | None, ...]) -> str:
    """A shape with `?` for unknown sizes."""
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"
