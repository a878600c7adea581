"""The default test path of a recipe: its training path without randomness."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.extents import Extent, Frame
from netlang.recipes.words.sizes import (
    CenterCrop,
    RandomCrop,
    RandomResizedCrop,
    Resize,
    ResizeShorter,
    SizeStep,
)
from netlang.recipes.words.source import Data

__all__ = ["counterpart", "frame_of"]


def counterpart(augment: tuple[Augmentation, ...], data: Data) -> tuple[Augmentation, ...]:
    """How test images are prepared for a net that was trained on the results of `augment`.

    If the data have the final size already, nothing is done. Otherwise each change of the size is
    made without randomness: `resize_shorter` takes the start of its range, `random_crop` becomes
    `center_crop`, and `random_resized_crop(224)` becomes `resize_shorter(256) -> center_crop(224)`,
    other sizes in proportion. Steps that don't change the size are omitted.
    """
    if not data.is_image:
        return ()
    before = after = frame_of(data)
    for step in augment:
        after = step.after(after) if isinstance(step, SizeStep) else after
    if before == after and before[0].exact and before[1].exact:
        return ()
    return tuple(each for step in augment for each in _without_chance(step))


def frame_of(data: Data) -> Frame:
    """What is known of the size of the data's images."""
    _, height, width = data.shape
    return Extent(height, height), Extent(width, width)


def _without_chance(step: Augmentation) -> Iterator[Augmentation]:
    if isinstance(step, RandomResizedCrop):
        yield ResizeShorter(size=round(max(step.sides) * 256 / 224))
        yield CenterCrop(size=step.size)
    elif isinstance(step, RandomCrop):
        yield CenterCrop(size=step.size, pad=step.pad)
    elif isinstance(step, ResizeShorter):
        yield ResizeShorter(size=step.bounds[0])
    elif isinstance(step, Resize | CenterCrop):
        yield step
