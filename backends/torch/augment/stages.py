"""The stages of a path, each of which runs at once, and the random numbers of their steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.torch.augment.lower import Acts, LoweredStep
from netlang.backends.torch.runtime.random import uniform
from netlang.backends.torch.runtime.regions import Region, whole

__all__ = ["Change", "RegionCut", "Draws", "PlacedStep", "Stage", "stages_of"]


@final
@dataclass(frozen=True)
class Draws:
    """The source of a batch's random numbers; without `numbers`, as in a test path, all are 0."""

    seed: int
    epoch: int
    numbers: NDArray[np.int64] | None

    def of(self, placed: PlacedStep, count: int) -> NDArray[np.float64]:
        """The numbers of a step for `count` examples, `[count, k]`."""
        wanted = placed.step.numbers
        if self.numbers is None:
            return np.zeros((count, wanted))
        return uniform(self.seed, self.epoch, self.numbers, placed.place, wanted)

    def some(self, which: slice) -> Draws:
        """The draws of some of the examples."""
        return self if self.numbers is None else replace(self, numbers=self.numbers[which])


@final
@dataclass(frozen=True)
class PlacedStep:
    """A step and its position in the path, which determines its random numbers."""

    place: int
    step: LoweredStep


@final
@dataclass(frozen=True)
class RegionCut:
    """Consecutive steps that together choose one region of each image and its new size."""

    steps: tuple[PlacedStep, ...]

    @property
    def moves(self) -> bool:
        """Whether pixels may change places."""
        return True

    def region(self, height: int, width: int, count: int, draws: Draws) -> Region:
        """The region of each of `count` images of one size. Raises `ImageTooSmall`."""
        region = whole(height, width, count)
        for placed in self.steps:
            given = (draws.of(placed, count),) if placed.step.numbers else ()
            region = placed.step.call(region, *given)
        return region


@final
@dataclass(frozen=True)
class Change:
    """A step that computes new values."""

    placed: PlacedStep

    @property
    def mixes(self) -> bool:
        """Whether the step mixes each example with the one before it."""
        return self.placed.step.acts is Acts.MIX

    @property
    def moves(self) -> bool:
        """Whether pixels may change places."""
        return self.placed.step.masks is not None

    def change(self, x: Tensor, draws: Draws) -> Tensor:
        """Changes `x`, float32 ``[B, ...]``."""
        changed: Tensor = self.placed.step.call(x, *self._numbers(len(x), draws))
        return changed

    def mix(
        self, x: Tensor, targets: Mapping[str, Tensor], draws: Draws
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Mixes a batch with one example more than `draws` has, which is also returned."""
        given = self._numbers(len(x) - 1, draws)
        mixed: tuple[Tensor, Mapping[str, Tensor]] = self.placed.step.call(x, targets, *given)
        return mixed

    def move(self, masks: Tensor, draws: Draws) -> Tensor:
        """Applies the same change to masks of the images' size, float32 ``[B, K, H, W]``."""
        call = self.placed.step.masks
        if call is None:
            return masks
        moved: Tensor = call(masks, *self._numbers(len(masks), draws))
        return moved

    def _numbers(self, count: int, draws: Draws) -> tuple[Tensor, ...]:
        if not self.placed.step.numbers:
            return ()
        return (torch.from_numpy(draws.of(self.placed, count)),)


Stage = RegionCut | Change


def stages_of(steps: tuple[PlacedStep, ...]) -> tuple[Stage, ...]:
    """Groups steps into stages; steps that one resizing can do together are one stage."""
    stages: list[Stage] = []
    for placed in steps:
        last = stages[-1] if stages else None
        if placed.step.acts is not Acts.REGION:
            stages.append(Change(placed))
        elif isinstance(last, RegionCut) and _joins(last, placed):
            stages[-1] = RegionCut((*last.steps, placed))
        else:
            stages.append(RegionCut((placed,)))
    return tuple(stages)


def _joins(before: RegionCut, placed: PlacedStep) -> bool:
    """Whether a step gives the same result before and after the pixels of `before` are computed.

    After a resizing, another resizing and a black border need the resized pixels.
    """
    resized = any(each.step.resizes for each in before.steps)
    padded = bool(placed.step.call.settings.get("pad"))
    return not (resized and (placed.step.resizes or padded))
