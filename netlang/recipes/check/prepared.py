"""The shape of an example after a path, and the sizes that this gives a net's symbols."""

from __future__ import annotations

from netlang.ir.program import Program
from netlang.recipes.counterpart import frame_of
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.extents import Frame
from netlang.recipes.words.sizes import SizeStep

__all__ = ["input_sizes", "prepared_frame", "prepared_shape"]


def prepared_shape(
    recipe: Recipe, steps: tuple[Augmentation, ...]
) -> tuple[tuple[int | None, ...], str]:
    """The shape of an example after a path, and the step that decides it."""
    shape, source = recipe.data.shape, recipe.data.name
    if not recipe.data.is_image:
        return shape, source
    last = [step.name for step in steps if isinstance(step, SizeStep)][-1:]
    height, width = prepared_frame(frame_of(recipe.data), steps)
    return (shape[0], height.exact, width.exact), last[0] if last else source


def prepared_frame(frame: Frame, steps: tuple[Augmentation, ...]) -> Frame:
    """What a path makes of the size of an image."""
    for step in steps:
        frame = step.after(frame) if isinstance(step, SizeStep) else frame
    return frame


def input_sizes(
    recipe: Recipe, program: Program, steps: tuple[Augmentation, ...]
) -> dict[str, int]:
    """The symbols of the net's first input, as far as the examples after a path determine them."""
    sizes: dict[str, int] = {}
    wanted = program.net.inputs[0].type.shape if program.net.inputs else ()
    for dim, side in zip(wanted, prepared_shape(recipe, steps)[0], strict=False):
        if side is not None and not isinstance(dim, int):
            sizes.setdefault(str(dim), side)  # a side of an input is a number or a symbol
    return sizes
