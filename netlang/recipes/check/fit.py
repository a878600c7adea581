"""Whether a recipe fits its net: names and shapes of the loss, the input, classes, augmentations.

Every check is independent of the others, so that one run reports all mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics.core import Diagnostic, Fix
from netlang.diagnostics.recipes import (
    AugmentationNeedsImages,
    ChannelCountDiffers,
    InputShapeDiffers,
    NesterovNeedsMomentum,
    OneInputNeeded,
)
from netlang.elaborate.fixes import with_arguments
from netlang.ir.dims import Dim
from netlang.ir.program import Program
from netlang.recipes.check.data import check_data, other_channels
from netlang.recipes.check.loss import check_loss
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.extents import Extent
from netlang.recipes.words.optimizers import Sgd
from netlang.recipes.words.sizes import SizeStep

__all__ = ["check_recipe"]


def check_recipe(recipe: Recipe, program: Program) -> list[Diagnostic]:
    """Everything that is wrong with training `program` by `recipe`, in the order of the keys."""
    return [
        *check_data(recipe, program),
        *_check_augmentations(recipe),
        *_check_channels(recipe),
        *_check_input(recipe, program),
        *_check_optimizer(recipe),
        *check_loss(recipe, program),
    ]


def _check_augmentations(recipe: Recipe) -> Iterator[Diagnostic]:
    if recipe.data.is_image:
        return
    for key, steps in (("augment", recipe.augment), ("test", recipe.test)):
        if steps:
            yield AugmentationNeedsImages(
                span=recipe.places[key],
                augmentation=steps[0].name,
                data=recipe.data.name,
                shape=_shown(recipe.data.shape),
            )


def _check_optimizer(recipe: Recipe) -> Iterator[Diagnostic]:
    wanted = recipe.optimizer
    if isinstance(wanted, Sgd) and wanted.nesterov and wanted.momentum == 0.0:
        span = recipe.places["optimizer"]
        advice = f"write `sgd(lr={wanted.lr}, momentum=0.9, nesterov=true)`"
        fix = Fix(advice, (with_arguments(span, ("momentum=0.9",)),))
        given = "momentum" in span.text
        yield NesterovNeedsMomentum(span=span, lr=wanted.lr, fix=None if given else fix)


def _check_channels(recipe: Recipe) -> Iterator[Diagnostic]:
    if recipe.normalize is None:
        return
    expected, actual = len(recipe.normalize.means), _channels(recipe)
    deviations = len(recipe.normalize.deviations)
    if expected != actual or deviations != actual:
        yield ChannelCountDiffers(
            span=recipe.places["normalize"],
            normalization=recipe.normalize.name,
            expected=expected if expected != actual else deviations,
            data=recipe.data.name,
            actual=actual,
        )


def _channels(recipe: Recipe) -> int:
    """Channels of the data: a signal without a channel axis counts as one."""
    shape = recipe.data.shape
    return shape[0] or 1 if len(shape) > 1 else 1


def _check_input(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    inputs = program.net.inputs
    given = len(recipe.data.inputs)
    if len(inputs) != given:
        yield OneInputNeeded(
            span=recipe.places["data"],
            data=recipe.data.name,
            net=program.name,
            inputs=len(inputs),
            given="one input" if given == 1 else f"{given} inputs",
        )
        return
    if other_channels(recipe, program) is not None:
        return
    expected = inputs[0].type.shape
    for key, steps in (("augment", recipe.augment), ("test", recipe.test)):
        shape, source = _prepared(recipe, steps)
        if not _fits(shape, expected):
            yield InputShapeDiffers(
                span=recipe.places.get(key, recipe.places["data"]),
                net=program.name,
                expected=str(inputs[0].type),
                actual=_shown(shape),
                source=f"`{source}` gives {_shown(shape)}",
                advice=_other_input(shape, expected),
            )
            return


def _other_input(given: tuple[int | None, ...], expected: tuple[Dim, ...]) -> str:
    if len(given) == len(expected):
        return "give the net another input, or the data another size"
    return f"declare the input as `{_shown(given)}`: `reshape` gives it other axes"


def _prepared(
    recipe: Recipe, steps: tuple[Augmentation, ...]
) -> tuple[tuple[int | None, ...], str]:
    """The shape that a path makes of an example, and the step that decides it."""
    shape, source = recipe.data.shape, recipe.data.name
    if not recipe.data.is_image:
        return shape, source
    frame = Extent(shape[1], shape[1]), Extent(shape[2], shape[2])
    for step in steps:
        if isinstance(step, SizeStep):
            frame, source = step.after(frame), step.name
    return (shape[0], frame[0].exact, frame[1].exact), source


def _fits(given: tuple[int | None, ...], expected: tuple[Dim, ...]) -> bool:
    """Whether the sizes that are known on both sides agree."""
    if len(given) != len(expected):
        return False
    pairs = zip(given, expected, strict=True)
    return all(a is None or not isinstance(b, int) or a == b for a, b in pairs)


def _shown(shape: tuple[int | None, ...]) -> str:
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"
