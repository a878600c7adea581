"""Steps that move pixels, as calls."""

from __future__ import annotations

from netlang.backends.torch.augment.lower import Lowered, either_way, lower, made, pair
from netlang.backends.torch.runtime.geometry import hflip, rotate, scale, shear, translate, vflip
from netlang.recipes.words.geometry import Hflip, Rotate, Scale, Shear, Translate, Vflip

__all__: list[str] = []


@lower.register
def _(step: Hflip, classes: int | None) -> Lowered:
    return made(hflip, 1, p=step.p)


@lower.register
def _(step: Vflip, classes: int | None) -> Lowered:
    return made(vflip, 1, p=step.p)


@lower.register
def _(step: Rotate, classes: int | None) -> Lowered:
    return made(rotate, 1, degrees=either_way(step.degrees))


@lower.register
def _(step: Scale, classes: int | None) -> Lowered:
    return made(scale, 1, factor=pair(step.factor))


@lower.register
def _(step: Shear, classes: int | None) -> Lowered:
    return made(shear, 1, degrees=either_way(step.degrees))


@lower.register
def _(step: Translate, classes: int | None) -> Lowered:
    return made(translate, 2, share=step.share)
