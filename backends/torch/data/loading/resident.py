"""Batches of examples that lie on the device: an index is all that a step needs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray

from netlang.backends.torch.data.sets import Batch, Tensors

__all__ = ["Resident"]


@final
class Resident:
    """Examples in memory, moved to the device once."""

    def __init__(self, examples: Tensors, device: torch.device) -> None:
        self._examples = examples.to(device)
        self._device = device

    def batches(
        self, epoch: int, plan: Callable[[int], list[NDArray[np.int64]]], first: int
    ) -> Generator[Batch, None, None]:
        """The batches of an epoch from the one at `first` on; `plan` gives the numbers of each."""
        rest = plan(epoch)[first:]
        # One copy to the device for all of them.
        rows = torch.from_numpy(np.concatenate(rest)).to(self._device)
        indices = torch.split(rows, [len(each) for each in rest])
        for numbers, index in zip(rest, indices, strict=True):
            inputs = tuple(value.index_select(0, index) for value in self._examples.inputs)
            targets = self._examples.targets.items()
            yield Batch(inputs, {k: v.index_select(0, index) for k, v in targets}, numbers)

    def once(self, chunks: Iterator[range]) -> Iterator[Batch]:
        """The batches of these ranges."""
        for chunk in chunks:
            rows = slice(chunk.start, chunk.stop)
            targets = {name: value[rows] for name, value in self._examples.targets.items()}
            yield Batch(tuple(value[rows] for value in self._examples.inputs), targets)

    def close(self) -> None:
        """Nothing is held that wouldn't go by itself."""
