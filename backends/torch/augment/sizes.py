"""Lowerings of the steps that change the size."""

from __future__ import annotations

from collections.abc import Callable

from netlang.backends.torch.augment.lower import Acts, LoweredStep, lower, pair
from netlang.backends.torch.invocation import Invocation, Setting
from netlang.backends.torch.runtime.geometry import ten_crop
from netlang.backends.torch.runtime.regions import (
    center_crop,
    random_crop,
    random_resized_crop,
    resize,
    resize_shorter,
)
from netlang.recipes.words.sizes import (
    CenterCrop,
    RandomCrop,
    RandomResizedCrop,
    Resize,
    ResizeShorter,
    TenCrop,
)

__all__ = ["shorter"]


def _region(
    function: Callable[..., object], numbers: int, resizes: bool, **settings: Setting
) -> LoweredStep:
    return LoweredStep(Invocation(function, settings), numbers, Acts.REGION, resizes)


def shorter(shortest: int, longest: int) -> LoweredStep:
    """Resizes the shorter side to a length between two bounds."""
    return _region(resize_shorter, 1, True, shortest=shortest, longest=longest)


@lower.register
def _(step: Resize, classes: int | None) -> LoweredStep:
    return _region(resize, 0, True, size=step.sides)


@lower.register
def _(step: ResizeShorter, classes: int | None) -> LoweredStep:
    return shorter(*step.bounds)


@lower.register
def _(step: RandomCrop, classes: int | None) -> LoweredStep:
    return _region(random_crop, 2, False, size=step.sides, pad=step.pad)


@lower.register
def _(step: CenterCrop, classes: int | None) -> LoweredStep:
    return _region(center_crop, 0, False, size=step.sides, pad=step.pad)


@lower.register
def _(step: RandomResizedCrop, classes: int | None) -> LoweredStep:
    scale, ratio = pair(step.scale), pair(step.ratio)
    return _region(random_resized_crop, 22, True, size=step.sides, scale=scale, ratio=ratio)


@lower.register
def _(step: TenCrop, classes: int | None) -> LoweredStep:
    return LoweredStep(Invocation(ten_crop, {"size": step.sides, "pad": step.pad}), views=10)
