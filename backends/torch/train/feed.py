"""Batches of examples in memory: in the order of an epoch for training, each once for a score."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import final

import torch

from netlang.backends.torch.data.sets import Batch, Tensors
from netlang.backends.torch.runtime.random import epoch_order
from netlang.backends.torch.train.world import World

__all__ = ["Feed"]

_CHUNK = 1024


@final
@dataclass(frozen=True)
class Feed:
    """The examples of one part, on the device."""

    examples: Tensors
    batch: int
    seed: int
    world: World

    @property
    def epoch_steps(self) -> int:
        """Batches of an epoch; a last one of a single example is left out: batch normalization
        can't train on it."""
        count = len(self.examples)
        return max(1, count // self.batch + (count % self.batch > 1))

    def whole(self, position: int) -> int:
        """Examples of the batch at a position of an epoch, over all processes."""
        return min(self.batch, len(self.examples) - position * self.batch)

    def batches(self, epoch: int, first: int) -> Generator[Batch, None, None]:
        """This process' slices of the batches of an epoch, from the one at `first` on."""
        numbers = epoch_order(self.seed, epoch, len(self.examples))
        order = torch.from_numpy(numbers).to(self.examples.inputs[0].device)
        for position in range(first, self.epoch_steps):
            part = self.world.part(self.whole(position))
            start = position * self.batch
            chosen = slice(start + part.start, start + part.stop)
            picked = self.examples.at(order[chosen])
            yield Batch(picked.inputs, picked.targets, numbers[chosen])

    def once(self) -> Iterator[Batch]:
        """Every example of this process' share once, in their own order."""
        part = self.world.part(len(self.examples))
        for start in range(part.start, part.stop, _CHUNK):
            chosen = slice(start, min(start + _CHUNK, part.stop))
            inputs = tuple(each[chosen] for each in self.examples.inputs)
            yield Batch(inputs, {k: v[chosen] for k, v in self.examples.targets.items()})

    def close(self) -> None:
        """Nothing is held that wouldn't go by itself."""
