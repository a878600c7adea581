"""Checks whether targets with a value for each place, such as masks, can move with their images."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.ir.program import Program
from netlang.recipes.check.loss import operands_of, value_types
from netlang.recipes.check.outputs import deployed_outputs
from netlang.recipes.check.paths import place_of
from netlang.recipes.check.prepared import prepared_shape
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.geometry import GEOMETRY, Flip
from netlang.recipes.words.losses import Penalty
from netlang.recipes.words.mixing import Cutmix
from netlang.recipes.words.operands import values_in
from netlang.recipes.words.policies import POLICIES
from netlang.recipes.words.sizes import Crop, MultiScale, RandomResizedCrop, TenCrop

__all__ = ["check_places"]

# Steps after which the image's places have moved.
_MOVING: tuple[type[Augmentation], ...] = (*GEOMETRY, *POLICIES, Crop, RandomResizedCrop, Cutmix)


def check_places(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Every step that doesn't suit an output with values for places, ``[C, H, W]``."""
    if not recipe.data.is_image:
        return
    compared = list(_compared(recipe, program))
    for place, step in enumerate(recipe.test_path):
        if isinstance(step, TenCrop | MultiScale | Flip):
            span = place_of(recipe, "test", place)
            for output in dict.fromkeys(output for output, _, _ in compared):
                yield refusals.PlacesAveraged(
                    span=span, step=step.name, net=program.name, output=output
                )
    image = prepared_shape(recipe, recipe.augment)[0][1:]
    moving = [each for each in enumerate(recipe.augment) if isinstance(each[1], _MOVING)]
    for output, target, sides in compared:
        known = all(isinstance(side, int) for side in (*image, *sides))
        if moving and target and known and sides != image:
            place, step = moving[0]
            yield refusals.PlacesLeft(
                span=place_of(recipe, "augment", place),
                step=step.name,
                target=target,
                places="x".join(map(str, sides)),
                image="x".join(map(str, image)),
                net=program.name,
                output=output,
            )


def _compared(recipe: Recipe, program: Program) -> Iterator[tuple[str, str, tuple[object, ...]]]:
    """Deployed outputs with places that the loss reads: name, a target beside it or "", sides."""
    types, outputs = value_types(recipe, program), deployed_outputs(program)
    named_alone = len(outputs), len(recipe.data.targets)
    for term in recipe.loss.terms:
        if isinstance(term.function, Penalty) or (not term.operands and named_alone != (1, 1)):
            continue
        operands = operands_of(term, recipe, program)
        read = [value.name for operand in operands for value in values_in(operand)]
        target = next((name for name in read if name in recipe.data.targets), "")
        for output in outputs:
            type = types[output.name]
            if output.name in read and type is not None and type.rank > 2:
                yield output.name, target, type.shape[-2:]
