"""Batches of images that keep different sizes, for tests at several scales."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.torch.data.loading.pool import Pool
from netlang.backends.torch.data.loading.preparation import Scaling
from netlang.backends.torch.data.sets import Batch, Images

if TYPE_CHECKING:
    from netlang.backends.torch.augment.path import AugmentationPath

__all__ = ["ScaledImages"]

Scales = list[NDArray[np.uint8]]


@final
class ScaledImages:
    """Images in files, each in all sizes of a path. Workers start with the first batch."""

    def __init__(
        self, images: Images, path: AugmentationPath, device: torch.device, workers: int
    ) -> None:
        self._images = images
        self._work = Scaling(images, path)
        self._device = device
        self._workers = workers
        self._labels = images.labels
        self._pool: Pool[int, Scales] | None = None

    def once(self, chunks: Iterable[range]) -> Iterator[Batch]:
        """The batches of these ranges, each divided into groups of images with the same sizes."""
        if self._pool is None:
            self._pool = Pool(self._work, self._workers)
        listed = list(chunks)
        results = self._pool.results(number for chunk in listed for number in chunk)
        for chunk in listed:
            alike: dict[tuple[tuple[int, ...], ...], list[tuple[int, Scales]]] = {}
            for number, scales in zip(chunk, islice(results, len(chunk)), strict=True):
                shapes = tuple(each.shape for each in scales)
                alike.setdefault(shapes, []).append((number, scales))
            for images in alike.values():
                yield self._batch([one for one, _ in images], [each for _, each in images])

    def close(self) -> None:
        """Stop the workers."""
        if self._pool is not None:
            self._pool.close()
        self._pool = None

    def _batch(self, numbers: list[int], images: list[Scales]) -> Batch:
        first, *others = map(self._moved, zip(*images, strict=True))
        targets = {}
        if self._labels is not None:
            targets["label"] = torch.from_numpy(self._labels[numbers]).to(self._device)
        return Batch((first,), targets, others=tuple(others))

    def _moved(self, images: tuple[NDArray[np.uint8], ...]) -> Tensor:
        """``[B, C, H, W]``, or with views, channels last as in training."""
        pixels = [np.ascontiguousarray(np.moveaxis(each, -3, -1)) for each in images]
        return torch.from_numpy(np.stack(pixels)).to(self._device).movedim(-1, -3)
