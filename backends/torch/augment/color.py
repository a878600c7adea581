"""Lowerings of the steps that change pixel values."""

from __future__ import annotations

from netlang.backends.torch.augment.lower import LoweredStep, batch_step, lower, moving_step, pair
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
def _(step: ColorJitter, classes: int | None) -> LoweredStep:
    return batch_step(
        color_jitter,
        8,
        brightness=step.brightness,
        contrast=step.contrast,
        saturation=step.saturation,
        hue=step.hue,
    )


@lower.register
def _(step: Grayscale, classes: int | None) -> LoweredStep:
    return batch_step(grayscale, 1, p=step.p)


@lower.register
def _(step: ColorPca, classes: int | None) -> LoweredStep:
    return batch_step(color_pca, 3, std=step.std, values=step.values, vectors=step.vectors)


@lower.register
def _(step: Noise, classes: int | None) -> LoweredStep:
    return batch_step(noise, 1, std=step.std)


@lower.register
def _(step: Blur, classes: int | None) -> LoweredStep:
    return batch_step(blur, 1, kernel=step.kernel, sigma=pair(step.sigma))


@lower.register
def _(step: Cutout, classes: int | None) -> LoweredStep:
    return batch_step(cutout, 2, size=step.size, value=step.value)


@lower.register
def _(step: RandomErasing, classes: int | None) -> LoweredStep:
    return batch_step(
        random_erasing,
        23,
        p=step.p,
        scale=pair(step.scale),
        ratio=pair(step.ratio),
        value=step.value,
    )


@lower.register
def _(step: TrivialAugment, classes: int | None) -> LoweredStep:
    return moving_step(trivial_augment, 3, _PLACES)


@lower.register
def _(step: RandAugment, classes: int | None) -> LoweredStep:
    return moving_step(rand_augment, 2 * step.n, _PLACES, n=step.n, magnitude=step.magnitude)
