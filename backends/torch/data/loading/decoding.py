"""Batches of images in files, prepared by workers ahead of training."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import chain, count
from math import prod
from typing import TYPE_CHECKING, final

import numpy as np
import torch
from numpy.typing import NDArray

from netlang.backends.torch.data.loading.failure import FILES, attempt, given, refusal
from netlang.backends.torch.data.loading.pool import DEPTH, Pool
from netlang.backends.torch.data.loading.preparation import Filling, Task, prepared
from netlang.backends.torch.data.loading.ring import Ring
from netlang.backends.torch.data.loading.transfer import Transfer
from netlang.backends.torch.data.sets import Batch, Images
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.workers import NoSharedMemory

if TYPE_CHECKING:
    from netlang.backends.torch.augment.path import AugmentationPath

__all__ = ["Decoding"]

Numbers = NDArray[np.int64]
# One slot for the batch that is given out and one for the copy of the one before.
_SPARE = 2


@final
class Decoding:
    """Images in files, up to `most` in a batch, all of one size.

    Workers start with the first batch and work ahead across the end of an epoch.
    """

    def __init__(
        self, images: Images, path: AugmentationPath, most: int, device: torch.device, workers: int
    ) -> None:
        self._images = images
        self._path = path
        self._most = most
        self._device = device
        self._workers = workers
        self._labels = images.labels
        self._started: tuple[Ring, Transfer, Pool[Task, None]] | None = None
        self._stream: Iterator[Batch] = iter(())
        self._next: tuple[int, int] | None = None

    def batches(
        self, epoch: int, plan: Callable[[int], list[Numbers]], first: int
    ) -> Generator[Batch, None, None]:
        """The batches of an epoch from batch `first` on; `plan` gives the numbers in each."""
        if self._next != (epoch, first):
            self._stream = self._prepared(_endless(plan, epoch, first))
        # Whatever interrupts this generator, a later one starts where it stopped.
        for position in range(first, len(plan(epoch))):
            self._next = None
            batch = next(self._stream)
            self._next = (epoch, position + 1)
            yield batch
        self._next = (epoch + 1, 0)

    def once(self, chunks: Iterable[range]) -> Iterator[Batch]:
        """One batch for each of these ranges."""
        self._next = None
        numbers = ((0, np.arange(chunk.start, chunk.stop)) for chunk in chunks)
        for batch in self._prepared(numbers):
            yield Batch(batch.inputs, batch.targets)

    def close(self) -> None:
        """Stop the workers and release the memory."""
        if self._started is not None:
            ring, transfer, pool = self._started
            pool.close()
            transfer.close()
            ring.close()
        self._started, self._next = None, None

    def _prepared(self, wanted: Iterator[tuple[int, Numbers]]) -> Iterator[Batch]:
        """The batches of these numbers in these epochs."""
        first = next(wanted, None)
        if first is None:
            return
        ring, transfer, pool = self._started = self._started or self._start(_any(first[1]))
        taken: deque[Task] = deque()

        def tasks() -> Iterator[Task]:
            for index, (epoch, numbers) in enumerate(chain([first], wanted)):
                slot = index % ring.count
                transfer.await_free(slot)
                taken.append(Task(epoch, numbers, slot))
                yield taken[-1]

        for _ in pool.results(tasks()):
            task = taken.popleft()
            inputs = (transfer.images(task.slot, len(task.numbers)),)
            targets = {}
            if self._labels is not None:
                targets["label"] = transfer.labels(self._labels[task.numbers])
            yield Batch(inputs, targets, task.numbers)

    def _start(self, number: int) -> tuple[Ring, Transfer, Pool[Task, None]]:
        """Memory for images of the size of image `number`, and the workers."""
        shape = given(attempt(self._shape, number))
        rows, channels_last = self._most, (*shape[:-3], *shape[-2:], shape[-3])
        slots = DEPTH * self._workers + _SPARE
        try:
            ring = Ring(slots, (rows, *channels_last))
        except OSError as error:
            raise NetlangError(self._refused(slots * rows * prod(shape), error)) from None
        try:
            pool = Pool(Filling(self._images, self._path, ring), self._workers)
        except NetlangError:
            ring.close()
            raise
        return ring, Transfer(ring, self._device), pool

    def _shape(self, number: int) -> tuple[int, ...]:
        return prepared(self._images, self._path, number, 0).shape

    def _refused(self, size: int, error: OSError) -> Diagnostic:
        if error.errno in FILES:
            return refusal(error)
        return NoSharedMemory(
            span=None,
            megabytes=f"{size / 1e6:,.0f}",
            workers=self._workers,
            reason=error.strerror or str(error),
        )


def _any(numbers: Numbers) -> int:
    """One of the numbers; for a process without a share of the batch, the first image."""
    return int(numbers[0]) if len(numbers) else 0


def _endless(
    plan: Callable[[int], list[Numbers]], epoch: int, first: int
) -> Iterator[tuple[int, Numbers]]:
    """All batches from a position on, without end."""
    for each in count(epoch):
        for numbers in plan(each)[first:]:
            yield each, numbers
        first = 0
