"""Batches of examples on the device: in the order of an epoch, or each example once.

The batch at a position of an epoch depends only on the seed, whatever the number of workers and
processes. Each process takes its slice of it. Small sets reside on the device; images in files are
read and prepared by `workers` processes ahead of training.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Self, final

import numpy as np
import torch
from numpy.typing import NDArray

from netlang.backends.torch.data.loading.decoding import Decoding
from netlang.backends.torch.data.loading.resident import Resident
from netlang.backends.torch.data.loading.scaling import ScaledImages
from netlang.backends.torch.data.sets import Batch, Examples, Images, Tensors
from netlang.backends.torch.runtime.random import epoch_order
from netlang.diagnostics.errors import InternalError
from netlang.records import Record

if TYPE_CHECKING:
    from netlang.backends.torch.augment.path import AugmentationPath
    from netlang.backends.torch.train.world import World

__all__ = ["BatchOrder", "Loader", "usual_workers"]

_MOST_WORKERS = 16
# Examples of up to so many numbers are scored by the thousand.
_SMALL = 4096
_THOUSAND = 1024


def usual_workers() -> int:
    """One process for each core but one, divided by the training processes of this host."""
    if sys.platform == "win32":
        return 0
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    beside = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(0, min(cores // beside - 1, _MOST_WORKERS))


@final
class BatchOrder(Record):
    """Which examples are in which batch of an epoch, and in which process of `world`.

    A batch has `size` examples over all processes. The order of each epoch is drawn by `seed`; if
    that is None, it is that of the examples.
    """

    size: int
    seed: int | None
    world: World


@final
class Loader:
    """The batches of one part of a data set, in an `order`, before the device's part of `path`.

    `workers` processes prepare images in files; None stands for `usual_workers`. They start with
    the first batch and end with `close` or with this process.
    """

    def __init__(
        self,
        examples: Examples,
        path: AugmentationPath,
        order: BatchOrder,
        device: torch.device,
        workers: int | None = None,
    ) -> None:
        self.examples = examples
        self.world = order.world
        self._seed = order.seed
        self._batch = order.size
        self._mixes = path.mixes
        self._plan = lru_cache(2)(self._shares)
        self._source = _source(examples, path, self._most, device, workers)

    @property
    def epoch_steps(self) -> int:
        """The number of batches of an epoch.

        A last batch of a single example is dropped, since batch normalization can't train on it.
        """
        count = len(self.examples)
        return max(1, count // self._batch + (count % self._batch > 1))

    def whole(self, position: int) -> int:
        """The number of examples in the batch at a position of an epoch, over all processes."""
        return min(self._batch, len(self.examples) - position * self._batch)

    def batches(self, epoch: int, first: int) -> Generator[Batch, None, None]:
        """This process's slices of the batches of an epoch, starting with batch `first`.

        If the path mixes examples, the ones before the slice are put first, one for each mixing.
        """
        if isinstance(self._source, ScaledImages):
            raise InternalError("training at several scales")
        return self._source.batches(epoch, self._plan, first)

    def once(self, part: slice | None = None) -> Iterator[Batch]:
        """Every example of this process's share once, in their own order and without numbers.

        Images that the path leaves in different sizes come in batches of one size. `part` asks for
        other examples than the share.
        """
        part, step = part or self.world.part(len(self.examples)), self._chunk
        return self._source.once(
            range(start, min(start + step, part.stop))
            for start in range(part.start, part.stop, step)
        )

    def close(self) -> None:
        """Stop the workers."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _chunk(self) -> int:
        """The batch size where no gradients are kept."""
        examples = self.examples
        small = isinstance(examples, Tensors) and examples.inputs[0][0].numel() <= _SMALL
        return max(self._most, _THOUSAND) if small else self._most

    @property
    def _most(self) -> int:
        """The number of examples in the largest batch that this process sees."""
        return -(-min(self._batch, len(self.examples)) // self.world.size) + self._mixes

    def _shares(self, epoch: int) -> list[NDArray[np.int64]]:
        """The numbers of each batch of an epoch in this process."""
        count = len(self.examples)
        order = np.arange(count) if self._seed is None else epoch_order(self._seed, epoch, count)
        shares = []
        for position in range(self.epoch_steps):
            start, part = position * self._batch, self.world.part(self.whole(position))
            own = order[start + part.start : start + part.stop]
            if self._mixes:
                before = np.arange(part.start - self._mixes, part.start) % self.whole(position)
                own = np.concatenate([order[start + before], own])
            shares.append(own)
        return shares


def _source(
    examples: Examples, path: AugmentationPath, most: int, device: torch.device, workers: int | None
) -> Resident | Decoding | ScaledImages:
    """The source of batches of up to `most` examples."""
    if isinstance(examples, Tensors):
        return Resident(examples, device)
    if not isinstance(examples, Images):
        raise InternalError(f"no rule makes batches of {type(examples).__name__}")
    workers = usual_workers() if workers is None else workers
    if path.scales > 1 or path.ragged:
        return ScaledImages(examples, path, device, workers)
    return Decoding(examples, path, most, device, workers)
