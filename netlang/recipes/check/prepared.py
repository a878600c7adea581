"""The shape that a path makes of an example, and the sizes that it gives a net's symbols."""

from __future__ import annotations

from netlang.ir.dims import Dim, evaluate, symbols_of
from netlang.ir.program import Program
from netlang.recipes.counterpart import frame_of
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.sizes import SizeStep

__all__ = ["input_sizes", "prepared_shape", "solved"]


def prepared_shape(
    recipe: Recipe, steps: tuple[Augmentation, ...]
) -> tuple[tuple[int | None, ...], str]:
    """The shape that a path makes of an example, and the step that decides it."""
    shape, source = recipe.data.shape, recipe.data.name
    if not recipe.data.is_image:
        return shape, source
    frame = frame_of(recipe.data)
    for step in steps:
        if isinstance(step, SizeStep):
            frame, source = step.after(frame), step.name
    return (shape[0], frame[0].exact, frame[1].exact), source


def input_sizes(
    recipe: Recipe, program: Program, steps: tuple[Augmentation, ...]
) -> dict[str, int]:
    """The symbols of the net's first input, as far as the examples behind a path settle them."""
    sizes: dict[str, int] = {}
    wanted = program.net.inputs[0].type.shape if program.net.inputs else ()
    for dim, side in zip(wanted, prepared_shape(recipe, steps)[0], strict=False):
        if side is not None and not isinstance(dim, int):
            name, size = solved(dim, side)
            if size:
                sizes.setdefault(name, size)
    return sizes


def solved(dim: Dim, side: int) -> tuple[str, int]:
    """The symbol of a side of the input, and the size that makes it `side`; 0 without one."""
    names = sorted(set(symbols_of(dim)))
    if len(names) != 1:
        return "", 0
    fits = (size for size in range(1, side + 1) if evaluate(dim, {names[0]: size}) == side)
    return names[0], next(fits, 0)
