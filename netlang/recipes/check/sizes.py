"""Checks whether images have the sizes that steps, batches and the net need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.ir.dims import Dim, evaluate
from netlang.ir.program import Program
from netlang.ir.sizes.kept import solved
from netlang.ir.sizes.solve import Solution
from netlang.recipes.check.paths import place_of, shown_shape
from netlang.recipes.counterpart import frame_of
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.extents import Frame, shown_frame
from netlang.recipes.words.sizes import Crop, MultiScale, ResizeShorter, SizeStep

__all__ = ["check_sizes"]

_MOST_LENGTHS = 4096
"""Lengths of a side that are tried if images have any shape."""


def check_sizes(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Every error in the sizes that `augment` and `test` make of images."""
    if not program.net.inputs:
        return
    if not recipe.data.is_image:
        yield from _examples_refused(recipe, program)
        return
    training = _path(recipe, program, "augment", recipe.augment)
    if training:
        yield training
    # The counterpart of a wrong path is wrong too.
    test = (
        None if training and not recipe.test else _path(recipe, program, "test", recipe.test_path)
    )
    if test:
        yield test


def _examples_refused(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Conditions of the net on sizes that the examples of the data don't meet."""
    shape = recipe.data.shape
    sizes = {
        str(dim): size
        for dim, size in zip(program.net.inputs[0].type.shape, shape, strict=False)
        if str(dim) in program.defaults and size is not None
    }
    if sizes:
        solution = solved(program, deployed=False)
        for refused in solution.check({**program.defaults, **sizes})[:1]:
            yield refusals.ExampleNotTaken(
                span=recipe.places["data"],
                net=program.name,
                shape=shown_shape(shape),
                data=recipe.data.name,
                why=refused.message,
                advice=refused.help_text,
            )


def _path(
    recipe: Recipe, program: Program, key: str, steps: tuple[Augmentation, ...]
) -> Diagnostic | None:
    """The first error in the sizes of a path."""
    return _crop_too_large(recipe, key, steps) or _end(recipe, program, key, steps)


def _crop_too_large(recipe: Recipe, key: str, steps: tuple[Augmentation, ...]) -> Diagnostic | None:
    """The first crop for which some image is known to be too small."""
    frame, before = frame_of(recipe.data), recipe.data.name
    for place, step in enumerate(steps):
        if not isinstance(step, SizeStep):
            continue
        if isinstance(step, Crop) and not step.fits(frame):
            return refusals.CropTooLarge(
                span=place_of(recipe, key, place),
                step=f"{step.name}({_by(step.sides)})",
                needed=_by(step.needed),
                before=before,
                given=shown_frame(frame),
            )
        frame, before = step.after(frame), step.name
    return None


def _end(
    recipe: Recipe, program: Program, key: str, steps: tuple[Augmentation, ...]
) -> Diagnostic | None:
    """What is wrong with the images at the end of a path."""
    taken = solved(program, deployed=key != "augment")
    place, last = _last_size(steps)
    scaled = isinstance(last, MultiScale)
    for way in _ways(steps):
        frame = frame_of(recipe.data)
        for step in way:
            frame = step.after(frame) if isinstance(step, SizeStep) else frame
        if not scaled and _exact(frame) is None:
            return _left_open(recipe, program, key, frame)
        for size in _examples(frame):
            refusal = _refusal(program, taken, size, fixed_too=scaled)
            if refusal:
                return refusals.SizeNotTaken(
                    span=place_of(recipe, key, place),
                    net=program.name,
                    size=_by(size),
                    step=last.name if last else recipe.data.name,
                    why=refusal[0],
                    advice=refusal[1],
                )
    return None


def _last_size(steps: tuple[Augmentation, ...]) -> tuple[int, SizeStep | None]:
    """The last step that changes the size, and its position."""
    found = [(place, step) for place, step in enumerate(steps) if isinstance(step, SizeStep)]
    return found[-1] if found else (0, None)


def _ways(steps: tuple[Augmentation, ...]) -> Iterator[tuple[Augmentation, ...]]:
    """The path at each of its scales."""
    for place, step in enumerate(steps):
        if isinstance(step, MultiScale):
            for size in step.sizes:
                yield (*steps[:place], ResizeShorter(size=size), *steps[place + 1 :])
            return
    yield steps


def _exact(frame: Frame) -> tuple[int, int] | None:
    """Height and width, if all images have the same."""
    height, width = (side.exact for side in frame)
    return None if height is None or width is None else (height, width)


def _examples(frame: Frame) -> Iterator[tuple[int, int]]:
    """Possible sizes; for images of any shape, up to twice as long as wide, and as tall.

    If there are very many, the shortest stand for all.
    """
    exact = _exact(frame)
    if exact:
        yield exact
        return
    shorter = frame[0].low or 1
    for longer in range(shorter, shorter + min(shorter, _MOST_LENGTHS) + 1):
        yield shorter, longer
        yield longer, shorter


def _refusal(
    program: Program, taken: Solution, size: tuple[int, int], *, fixed_too: bool
) -> tuple[str, str] | None:
    """Why the net doesn't accept images of a size, and advice.

    Without `fixed_too`, sizes that its input fixes are left to the check of its shape.
    """
    input = program.net.inputs[0].type
    bound: dict[str, int] = {}
    for dim, side in zip(input.shape[1:], size, strict=False):
        if isinstance(dim, int):
            if fixed_too and dim != side:
                advice = "let its input be `[{}, H={}, W={}]`".format(*input.shape)
                return f"it takes {input} alone", advice
            continue
        if bound.setdefault(str(dim), side) != side:
            return f"it takes {input}", "let its input have two sizes: `H` and `W`"
    found = taken.check({**program.defaults, **bound})
    return (found[0].message, found[0].help_text) if found else None


def _left_open(recipe: Recipe, program: Program, key: str, frame: Frame) -> Diagnostic:
    written = bool(recipe.test if key == "test" else recipe.augment)
    height, width = (_default(program, dim) for dim in program.net.inputs[0].type.shape[-2:])
    ending = "random_resized_crop" if key == "augment" else "center_crop"
    size = str(height) if height == width else f"{height}x{width}"
    step = f"`{ending}({size})`"
    return refusals.SizeLeftOpen(
        span=recipe.places[key if written else "data"],
        path=f"`{key}`" if written else f"a recipe without `{key}`",
        given=shown_frame(frame),
        advice=f"let it end in {step}" if written else f"write a path such as {step}",
    )


def _default(program: Program, dim: Dim) -> int:
    return evaluate(dim, program.defaults)


def _by(sides: Iterable[object]) -> str:
    return "x".join(map(str, sides))
