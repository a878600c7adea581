"""The work of a worker: from image numbers to pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.data.images import opened
from netlang.backends.torch.data.loading.ring import Ring
from netlang.backends.torch.data.sets import Images
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.workers import SizesDiffer

if TYPE_CHECKING:
    from netlang.backends.torch.augment.path import AugmentationPath

__all__ = ["Filling", "Scaling", "Task", "prepared"]


@final
@dataclass(frozen=True)
class Task:
    """Images to prepare, and the slot of the ring to write them to."""

    epoch: int
    numbers: NDArray[np.int64]
    slot: int


@final
@dataclass(frozen=True)
class Filling:
    """Writes the pixels of images into a slot, channels last."""

    images: Images
    path: AugmentationPath
    ring: Ring

    def __call__(self, task: Task) -> None:
        """Raises `NetlangError` for a damaged image, or one of a different size."""
        slot = self.ring.slots[task.slot]
        for place, number in enumerate(task.numbers.tolist()):
            pixels = np.moveaxis(prepared(self.images, self.path, number, task.epoch), -3, -1)
            if pixels.shape != slot.shape[1:]:
                self._refuse(number, pixels.shape, slot.shape[1:])
            slot[place] = pixels

    def _refuse(self, number: int, actual: tuple[int, ...], expected: tuple[int, ...]) -> None:
        texts = [" x ".join(map(str, shape[-3:-1])) for shape in (actual, expected)]
        name = self.images.name(number)
        raise NetlangError(SizesDiffer(span=None, name=name, actual=texts[0], expected=texts[1]))


@final
@dataclass(frozen=True)
class Scaling:
    """Prepares an image at every scale of a path."""

    images: Images
    path: AugmentationPath

    def __call__(self, number: int) -> list[NDArray[np.uint8]]:
        """Arrays ``[C, H, W]`` of any size. Raises `NetlangError` for a damaged image."""
        with opened(self.images, number) as image:
            return self.path.hosts(image, number, 0)


def prepared(images: Images, path: AugmentationPath, number: int, epoch: int) -> NDArray[np.uint8]:
    """``[C, H, W]``, or ``[V, C, H, W]`` if the path makes several views."""
    with opened(images, number) as image:
        return path.host(image, number, epoch)
