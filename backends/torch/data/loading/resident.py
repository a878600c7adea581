"""Batches of examples that reside on the device, where a step only needs an index."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.torch.data.sets import Batch, Tensors

__all__ = ["Resident"]

# Bytes that are gathered by one call at most, where a batch has fewer.
_GATHERED = 4 << 20
# What PyTorch aligns memory to. Sums depend on it in the last bit, and where a batch lies in what
# was gathered depends on where a run was resumed.
_ALIGNED = 64


@final
class Resident:
    """Examples in memory, moved to the device once."""

    def __init__(self, examples: Tensors, device: torch.device) -> None:
        self._examples = examples.to(device)
        self._device = device

    def batches(
        self, epoch: int, plan: Callable[[int], list[NDArray[np.int64]]], first: int
    ) -> Generator[Batch, None, None]:
        """The batches of an epoch from batch `first` on; `plan` gives the numbers in each."""
        rest = plan(epoch)[first:]
        # One copy to the device for all of them.
        rows = torch.from_numpy(np.concatenate(rest)).to(self._device)
        start = 0
        for few in self._together(rest):
            count = sum(map(len, few))
            gathered = self._rows(rows[start : start + count])
            yield from _cut(gathered, few)
            start += count

    def _together(self, plan: list[NDArray[np.int64]]) -> Iterator[list[NDArray[np.int64]]]:
        """Batches that are gathered by one call: enough to make a few megabytes."""
        example = sum(value[:1].nbytes for value in self._tensors)
        size = max(map(len, plan), default=1)
        few = max(1, _GATHERED // max(1, example * size))
        numbers = [value for value in self._tensors if value.is_floating_point()]
        if any(value[:1].nbytes * size % _ALIGNED for value in numbers):
            few = 1
        yield from (plan[start : start + few] for start in range(0, len(plan), few))

    @property
    def _tensors(self) -> tuple[Tensor, ...]:
        return (*self._examples.inputs, *self._examples.targets.values())

    def _rows(self, index: Tensor) -> Batch:
        inputs, targets = self._examples.inputs, self._examples.targets.items()
        return Batch(
            tuple(value.index_select(0, index) for value in inputs),
            {name: value.index_select(0, index) for name, value in targets},
        )

    def once(self, chunks: Iterator[range]) -> Iterator[Batch]:
        """One batch for each of these ranges."""
        for chunk in chunks:
            rows = slice(chunk.start, chunk.stop)
            targets = {name: value[rows] for name, value in self._examples.targets.items()}
            yield Batch(tuple(value[rows] for value in self._examples.inputs), targets)

    def close(self) -> None:
        """Nothing needs to be released."""


def _cut(gathered: Batch, plan: list[NDArray[np.int64]]) -> Iterator[Batch]:
    """Splits `gathered` into its consecutive batches; `plan` gives the numbers in each."""
    lengths = [len(each) for each in plan]
    inputs = [torch.split(value, lengths) for value in gathered.inputs]
    targets = {name: torch.split(value, lengths) for name, value in gathered.targets.items()}
    for place, numbers in enumerate(plan):
        yield Batch(
            tuple(each[place] for each in inputs),
            {name: each[place] for name, each in targets.items()},
            numbers,
        )
