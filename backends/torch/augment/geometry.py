"""Lowerings of the steps that move pixels."""

from __future__ import annotations

from netlang.backends.torch.augment.lower import LoweredStep, either_way, lower, moving_step, pair
from netlang.backends.torch.invocation import Invocation
from netlang.backends.torch.runtime.geometry import (
    flip,
    hflip,
    rotate,
    scale,
    shear,
    translate,
    vflip,
)
from netlang.recipes.words.geometry import Flip, Hflip, Rotate, Scale, Shear, Translate, Vflip

__all__: list[str] = []

_NEAREST = {"mode": "nearest"}


@lower.register
def _(step: Hflip, classes: int | None) -> LoweredStep:
    return moving_step(hflip, 1, p=step.p)


@lower.register
def _(step: Vflip, classes: int | None) -> LoweredStep:
    return moving_step(vflip, 1, p=step.p)


@lower.register
def _(step: Flip, classes: int | None) -> LoweredStep:
    return LoweredStep(Invocation(flip, {}), views=2)


@lower.register
def _(step: Rotate, classes: int | None) -> LoweredStep:
    return moving_step(rotate, 1, _NEAREST, degrees=either_way(step.degrees))


@lower.register
def _(step: Scale, classes: int | None) -> LoweredStep:
    return moving_step(scale, 1, _NEAREST, factor=pair(step.factor))


@lower.register
def _(step: Shear, classes: int | None) -> LoweredStep:
    return moving_step(shear, 1, _NEAREST, degrees=either_way(step.degrees))


@lower.register
def _(step: Translate, classes: int | None) -> LoweredStep:
    return moving_step(translate, 2, _NEAREST, share=step.share)
