"""Gradients of a part of a net, averaged over processes that each have a copy of it.

`DistributedDataParallel` waits for the gradients of the same weights in each step. Where steps take
turns, each has those of its own part, and they are averaged once the step has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

import torch
from torch import nn

from netlang.backends.torch.runtime.turns import mean_gradients
from netlang.backends.torch.train.world import World

__all__ = ["Exchange"]


@final
class Exchange:
    """Averages the gradients of some weights over all processes, which call it together."""

    def __init__(self, world: World, weights: Iterable[nn.Parameter]) -> None:
        self._world = world
        self._weights = tuple(weights)
        self._used: tuple[bool, ...] | None = None

    def __call__(self) -> None:
        """Replace each gradient by the mean of those of all processes.

        A weight that the loss doesn't depend on has none afterwards.
        """
        if self._world.size == 1:
            return
        if self._used is None:
            self._used = self._agreed()
        for weight, used in zip(self._weights, self._used, strict=True):
            if not used:
                # Without examples, every weight has a gradient of zero.
                weight.grad = None
        mean_gradients(self._weights, self._world.size)

    def _agreed(self) -> tuple[bool, ...]:
        """For each weight, whether it has a gradient in all processes. It stays so."""
        missing = torch.tensor([float(each.grad is None) for each in self._weights])
        return tuple(count == 0 for count in self._world.sum(missing).tolist())
