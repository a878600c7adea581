"""Lowerings of the steps that change pixel values."""

from __future__ import annotations

from netlang.backends.torch.augment.lower import Lowered, lower, made, moving, pair
from netlang.backends.torch.runtime.color import color_jitter, color_pca, grayscale
from netlang.backends.torch.runtime.erasing import cutout, random_erasing
from netlang.backends.torch.runtime.filters import blur, noise
from netlang.backends.torch.runtime.policies import rand_augment, trivial_augment
from netlang.recipes.words.color import (
    Blur,
    ColorJitter,
    ColorPca,
    Cutout,
    Grayscale,
    Noise,
    RandomErasing,
)
from netlang.recipes.words.policies import RandAugment, TrivialAugment

__all__: list[str] = []

# Of masks, policies change the places alone.
_PLACES = {"values": False}


@lower.register
def _(step: ColorJitter, classes: int | None) -> Lowered:
    return made(
        color_jitter,
        8,
        brightness=step.brightness,
        contrast=step.contrast,
        saturation=step.saturation,
        hue=step.hue,
    )


@lower.register
def _(step: Grayscale, classes: int | None) -> Lowered:
    return made(grayscale, 1, p=step.p)


@lower.register
def _(step: ColorPca, classes: int | None) -> Lowered:
    return made(color_pca, 3, std=step.std, values=step.values, vectors=step.vectors)


@lower.register
def _(step: Noise, classes: int | None) -> Lowered:
    return made(noise, 1, std=step.std)


@lower.register
def _(step: Blur, classes: int | None) -> Lowered:
    return made(blur, 1, kernel=step.kernel, sigma=pair(step.sigma))


@lower.register
def _(step: Cutout, classes: int | None) -> Lowered:
    return made(cutout, 2, size=step.size, value=step.value)


@lower.register
def _(step: RandomErasing, classes: int | None) -> Lowered:
    return made(
        random_erasing,
        23,
        p=step.p,
        scale=pair(step.scale),
        ratio=pair(step.ratio),
        value=step.value,
    )


@lower.register
def _(step: TrivialAugment, classes: int | None) -> Lowered:
    return moving(trivial_augment, 3, _PLACES)


@lower.register
def _(step: RandAugment, classes: int | None) -> Lowered:
    return moving(rand_augment, 2 * step.n, _PLACES, n=step.n, magnitude=step.magnitude)
