"""The execution of a recipe's `augment` or `test` path.

A path is split after its last step that changes the size. For images in files, the front part runs
image by image in worker processes and produces uint8 images of one size; the rest runs on the
device in batches. For examples in memory, everything runs on the device. The random numbers of a
step depend only on the seed, the epoch, the example's number and the step's position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import netlang.backends.torch.augment.color
import netlang.backends.torch.augment.geometry
import netlang.backends.torch.augment.mixing
import netlang.backends.torch.augment.sizes  # noqa: F401  # each registers lowerings
from netlang.backends.torch.augment.lower import lower
from netlang.backends.torch.augment.masks import Masks
from netlang.backends.torch.augment.sizes import shorter
from netlang.backends.torch.augment.stages import (
    Change,
    Draws,
    PlacedStep,
    RegionCut,
    Stage,
    stages_of,
)
from netlang.backends.torch.data.decode import cropped
from netlang.backends.torch.runtime.cutting import cut_batch, cut_image, cut_masks
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.sizes import MultiScale, SizeStep

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["AugmentationPath", "Way", "path_for"]


@final
@dataclass(frozen=True)
class Way:
    """The stages of a path up to its last change of size (`front`) and those after it.

    `ragged` says that the front leaves images of different sizes different.
    """

    front: tuple[Stage, ...]
    back: tuple[Stage, ...]
    ragged: bool


@final
@dataclass(frozen=True)
class AugmentationPath:
    """The steps of a path, ready to run. A path can be sent to another process.

    `ways` has one entry per scale of a `multi_scale`, else one. `images` says that `host` runs the
    front, and `exact` that it decodes images in full: a reduced JPEG is grey levels away.
    """

    seed: int
    ways: tuple[Way, ...]
    images: bool
    exact: bool = False

    @property
    def scales(self) -> int:
        """The number of sizes at which each example is seen."""
        return len(self.ways)

    @property
    def ragged(self) -> bool:
        """Whether `hosts` may make different sizes; then a batch holds only one of them."""
        return any(way.ragged for way in self.ways)

    @property
    def views(self) -> int:
        """The number of consecutive views that `device` makes of an example: 10 with `ten_crop`."""
        return _views(self.ways[0].front) * _views(self.ways[0].back)

    @property
    def host_views(self) -> int:
        """The number of them that `host` makes."""
        return _views(self.ways[0].front) if self.images else 1

    @property
    def mixes(self) -> int:
        """How often examples are mixed: `device` takes that many more than it returns, in front."""
        return sum(isinstance(stage, Change) and stage.mixes for stage in self.ways[0].back)

    def host(self, image: Image, number: int, epoch: int) -> NDArray[np.uint8]:
        """The front for an image in a file: ``[C, H, W]``, or with views ``[V, C, H, W]``.

        The image is decoded here and must not be used again. Raises `ImageTooSmall`.
        """
        (way,) = self.ways
        if self.exact:
            image.load()
        return self._front(way, image, Draws(self.seed, epoch, np.array([number])))

    def hosts(self, image: Image, number: int, epoch: int) -> list[NDArray[np.uint8]]:
        """The result of `host` at each scale."""
        if self.exact or len(self.ways) > 1:
            image.load()  # else the first scale would choose how it is decoded
        draws = Draws(self.seed, epoch, np.array([number]))
        return [self._front(way, image, draws) for way in self.ways]

    def _front(self, way: Way, image: Image, draws: Draws) -> NDArray[np.uint8]:
        width, height = image.size
        first, *rest = way.front if way.front else (RegionCut(()),)
        if isinstance(first, Change):
            first, rest = RegionCut(()), [first, *rest]
        x = cut_image(image, first.region(height, width, 1, draws), cropped)
        if rest:
            x = (255.0 * _sized(tuple(rest), x / 255.0, draws)[0]).round().to(torch.uint8)
        array: NDArray[np.uint8] = x.numpy()
        return array if self.host_views > 1 else array[0]

    def device(
        self,
        inputs: Tensor,
        targets: Mapping[str, Tensor],
        numbers: NDArray[np.int64] | None,
        epoch: int,
        scale: int = 0,
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The device's part of the path: float32 ``[B, ...]`` in 0..1, and the targets.

        `inputs` are a batch of what `host` returned, or the examples as they are in memory; uint8
        is divided by 255. With views, the result has `V` consecutive examples for each. With
        mixing, there must be `mixes` more numbers, inputs and targets than examples are returned.
        Masks among the targets move with their inputs.
        """
        x = inputs / 255.0 if inputs.dtype == torch.uint8 else inputs
        way, draws = self.ways[scale], Draws(self.seed, epoch, numbers)
        if self.images:
            x = x.flatten(0, 1) if self.host_views > 1 else x
        else:
            x, targets = _moved(way.front, x, targets, draws)
        for stage in way.back:
            if isinstance(stage, Change) and stage.mixes:
                draws = draws.some(slice(1, None))
                x, targets = stage.mix(x, targets, draws)
            else:
                x, targets = _moved((stage,), x, targets, draws)
        return x, targets


def _views(stages: tuple[Stage, ...]) -> int:
    return prod(stage.placed.step.views for stage in stages if isinstance(stage, Change))


def path_for(
    steps: tuple[Augmentation, ...],
    seed: int,
    *,
    images: bool,
    classes: int | None = None,
    exact: bool = False,
) -> AugmentationPath:
    """The path for a sequence of checked steps.

    `seed` is the seed derived for the path, `images` says that the examples are in files,
    `classes` is the number of classes if there are labels, and `exact` is for tests.
    """
    sizes = [place for place, step in enumerate(steps) if isinstance(step, SizeStep)]
    front = sizes[-1] + 1 if sizes else 0
    scales = [step for step in steps if isinstance(step, MultiScale)]
    ways = []
    for size in scales[0].sizes if scales else (0,):
        placed = tuple(
            PlacedStep(place, shorter(size, size) if step in scales else lower(step, classes))
            for place, step in enumerate(steps)
        )
        ragged = bool(scales) and steps[front - 1] in scales
        ways.append(Way(stages_of(placed[:front]), stages_of(placed[front:]), ragged))
    return AugmentationPath(seed, tuple(ways), images, exact)


def _moved(
    stages: tuple[Stage, ...], x: Tensor, targets: Mapping[str, Tensor], draws: Draws
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """Applies stages to a batch and to the masks among its targets."""
    masks = Masks.of(targets, x) if any(stage.moves for stage in stages) else None
    x, values = _sized(stages, x, draws, None if masks is None else masks.values)
    return x, targets if masks is None or values is None else masks.moved(values)


def _sized(
    stages: tuple[Stage, ...], x: Tensor, draws: Draws, masks: Tensor | None = None
) -> tuple[Tensor, Tensor | None]:
    """Applies stages to a batch; one example at a time if sizes differ in between."""
    before = x, masks
    for stage in stages:
        if isinstance(stage, Change):
            masks = masks if masks is None else stage.move(masks, draws)
            x = stage.change(x, draws)
            continue
        height, width = x.shape[2:]
        region = stage.region(height, width, len(x), draws)
        if (region.size != region.size[0]).any():
            return _one_by_one(stages, *before, draws)
        masks = masks if masks is None else cut_masks(masks, region)
        x = cut_batch(x, region)
    return x, masks


def _one_by_one(
    stages: tuple[Stage, ...], x: Tensor, masks: Tensor | None, draws: Draws
) -> tuple[Tensor, Tensor | None]:
    ones = [slice(place, place + 1) for place in range(len(x))]
    parts = [
        _sized(stages, x[one], draws.some(one), None if masks is None else masks[one])
        for one in ones
    ]
    made = [part for _, part in parts if part is not None]
    return torch.cat([part for part, _ in parts]), torch.cat(made) if made else None
