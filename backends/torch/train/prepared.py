"""Batches as a net sees them: after the path's part on the device and normalization.

Order on the device: bytes to 0..1, the rest of the path, normalization, channels last.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.torch.augment.path import AugmentationPath
from netlang.backends.torch.data.drawn import DrawnInputs
from netlang.backends.torch.data.sets import Batch, Examples
from netlang.backends.torch.train.world import World

__all__ = ["Change", "Prepared", "BatchSource", "Views"]

Change: TypeAlias = Callable[[Tensor], Tensor]


class BatchSource(Protocol):
    """Batches of one part of a data set on the device, like `data.loader.Loader`."""

    @property
    def examples(self) -> Examples:
        """The examples of the part."""

    @property
    def world(self) -> World:
        """The processes that share the batches."""

    @property
    def epoch_steps(self) -> int:
        """Batches of an epoch."""

    def whole(self, position: int) -> int:
        """The number of examples in the batch at a position of an epoch, over all processes."""

    def batches(self, epoch: int, first: int) -> Generator[Batch, None, None]:
        """This process's slices of the batches of an epoch, from batch `first` on."""

    def once(self, part: slice | None = None) -> Iterator[Batch]:
        """Every example of this process's share once, or of another part of all examples."""

    def close(self) -> None:
        """Stop preparing batches."""


@final
@dataclass(frozen=True)
class Views:
    """The same examples several times: for each scale a batch with `views` of each example."""

    scales: tuple[Batch, ...]
    views: int

    def __len__(self) -> int:
        return len(self.scales[0]) // self.views


@final
@dataclass(frozen=True)
class Prepared:
    """A part of the data whose first input goes through `path` and then `normalize`.

    After the inputs from the data come those that are `drawn`.
    """

    source: BatchSource
    path: AugmentationPath
    normalize: Change | None
    channels_last: bool = False
    drawn: DrawnInputs | None = None

    @property
    def world(self) -> World:
        return self.source.world

    @property
    def examples(self) -> Examples:
        return self.source.examples

    @property
    def epoch_steps(self) -> int:
        return self.source.epoch_steps

    def whole(self, position: int) -> int:
        return self.source.whole(position)

    def batches(self, epoch: int, first: int) -> Generator[Batch, None, None]:
        """Training batches, augmented with this epoch's random numbers."""
        for batch in self.source.batches(epoch, first):
            seen = self._seen(batch, epoch, 0)
            yield seen if seen.numbers is None else self._with_drawn(seen, seen.numbers, epoch)

    def once(self, part: slice | None = None) -> Iterator[Views]:
        """Every example of this process's share, or of another part, once in all its views."""
        first = (part or self.world.part(len(self.examples))).start
        for batch in self.source.once(part):
            numbers = np.arange(first, first + len(batch)).repeat(self.path.views)
            first += len(batch)
            sizes = batch.inputs[:1] + batch.others
            if not self.path.images:
                # Nothing was done per image, so every scale starts from the same.
                sizes = batch.inputs[:1] * self.path.scales
            seen = (
                self._seen(replace(batch, inputs=(each, *batch.inputs[1:])), 0, scale)
                for scale, each in enumerate(sizes)
            )
            scales = tuple(self._with_drawn(each, numbers, None) for each in seen)
            yield Views(scales, self.path.views)

    def close(self) -> None:
        """Stop preparing batches."""
        self.source.close()

    def _with_drawn(self, batch: Batch, numbers: NDArray[np.int64], epoch: int | None) -> Batch:
        """The batch of the examples with these numbers with what is drawn; no epoch for a test."""
        if self.drawn is None:
            return batch
        device = batch.inputs[0].device
        purpose = "test draw" if epoch is None else "draw"
        drawn = self.drawn.of(numbers, epoch or 0, purpose, device)
        return replace(batch, inputs=(*batch.inputs, *drawn))

    def _seen(self, batch: Batch, epoch: int, scale: int) -> Batch:
        if len(batch) == self.path.mixes and batch.numbers is not None:
            # What a path makes of no example: what it makes of one, without it.
            made = self._seen(_with_one_more(batch), epoch, scale)
            return _nothing_of(made)
        first, *others = batch.inputs
        first, targets = self.path.device(first, batch.targets, batch.numbers, epoch, scale)
        first = first if self.normalize is None else self.normalize(first)
        if self.path.views > 1:
            others = [each.repeat_interleave(self.path.views, 0) for each in others]
        inputs = tuple(self._ordered(each) for each in (first, *others))
        numbers = batch.numbers
        if self.path.mixes and numbers is not None:
            numbers = numbers[self.path.mixes :]
        return Batch(inputs, targets, numbers)

    def _ordered(self, x: Tensor) -> Tensor:
        if self.channels_last and x.dim() == 4:
            x = x.contiguous(memory_format=torch.channels_last)
        return x


def _with_one_more(batch: Batch) -> Batch:
    """The batch with one more example, which is zero everywhere."""
    assert batch.numbers is not None
    return Batch(
        tuple(_longer(each) for each in batch.inputs),
        {name: _longer(value) for name, value in batch.targets.items()},
        np.append(batch.numbers, 0),
    )


def _longer(values: Tensor) -> Tensor:
    return torch.cat([values, values.new_zeros(1, *values.shape[1:])])


def _nothing_of(batch: Batch) -> Batch:
    """An empty batch with the shapes of a batch."""
    assert batch.numbers is not None
    return Batch(
        tuple(each[:0] for each in batch.inputs),
        {name: value[:0] for name, value in batch.targets.items()},
        batch.numbers[:0],
    )
