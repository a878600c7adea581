"""Lowers each step of a path to a function of the runtime with its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import singledispatch
from typing import final

from netlang.backends.torch.invocation import Invocation, Setting
from netlang.diagnostics.errors import InternalError
from netlang.evaluate.values import Range
from netlang.recipes.words.augmentation import Augmentation

__all__ = ["Acts", "LoweredStep", "either_way", "lower", "batch_step", "moving_step", "pair"]


class Acts(Enum):
    """What a function works on. `u` holds the uniform numbers of the examples, `[B, numbers]`.

    `REGION`: `(region, u) -> region`, in numpy. `BATCH`: `(x, u) -> x`. `MIX`: `(x, targets, u) ->
    (x, targets)`, on one example more than `u` has. A step that draws no numbers isn't given `u`.
    """

    REGION = "region"
    BATCH = "batch"
    MIX = "mix"


@final
@dataclass(frozen=True)
class LoweredStep:
    """A step as a call.

    `resizes` says that it scales the region, `views` how many views it makes of each example.
    `masks` does the same to masks of the images' size, `(masks, u) -> masks`; without it, `BATCH`
    leaves masks unchanged.
    """

    call: Invocation
    numbers: int = 0
    acts: Acts = Acts.BATCH
    resizes: bool = False
    views: int = 1
    masks: Invocation | None = None


@singledispatch
def lower(step: Augmentation, classes: int | None) -> LoweredStep:
    """The call for a step. `classes` is the number of classes, if there are labels."""
    raise InternalError(f"`{step.name}` has no lowering to PyTorch")


def batch_step(
    function: Callable[..., object], numbers: int = 0, **settings: Setting
) -> LoweredStep:
    """A step that changes the values of a batch."""
    return LoweredStep(Invocation(function, settings), numbers)


def moving_step(
    function: Callable[..., object],
    numbers: int,
    masks: Mapping[str, Setting] | None = None,
    **settings: Setting,
) -> LoweredStep:
    """The call of a step that moves pixels; it treats masks alike, with the settings `masks`."""
    call = Invocation(function, settings)
    return LoweredStep(call, numbers, masks=Invocation(function, {**settings, **(masks or {})}))


def pair(value: Range) -> tuple[float, float]:
    """A range as its two ends."""
    return value.start, value.stop


def either_way(value: float | Range) -> tuple[float, float]:
    """A range as its two ends; a single number stands for minus and plus that number."""
    return pair(value) if isinstance(value, Range) else (-value, value)
