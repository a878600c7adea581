"""Gradients of a part of a net, averaged over processes that each have a copy of it.

`DistributedDataParallel` waits for the gradients of the same weights in each step. Where steps take
turns, each has those of its own part, and they are averaged once the step has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import final

import torch
from torch import Tensor, nn

from netlang.backends.torch.train.world import World

__all__ = ["Exchange"]


@final
class Exchange:
    """Averages the gradients of some weights over all processes, which call it together."""

    def __init__(self, world: World, weights: Iterable[nn.Parameter]) -> None:
        self._world = world
        # One collective for each type of numbers.
        self._weights = sorted(weights, key=lambda each: str(each.dtype))
        self._used: tuple[bool, ...] | None = None

    @torch.no_grad()
    def __call__(self) -> None:
        """Replace each gradient by the mean of those of all processes.

        A weight that the loss doesn't depend on has none afterwards.
        """
        if self._world.size == 1:
            return
        gradients = list(self._gradients())
        for _, group in groupby(gradients, lambda each: each.dtype):
            own = list(group)
            mean = self._world.sum(torch.cat([each.flatten() for each in own])) / self._world.size
            parts = mean.split([each.numel() for each in own])
            for gradient, part in zip(own, parts, strict=True):
                gradient.copy_(part.view_as(gradient))

    def _gradients(self) -> Iterator[Tensor]:
        """Those that all processes have."""
        if self._used is None:
            self._used = self._agreed()
        for weight, used in zip(self._weights, self._used, strict=True):
            if not used:
                # Without examples, every weight has a gradient of zero.
                weight.grad = None
            else:
                assert weight.grad is not None
                yield weight.grad

    def _agreed(self) -> tuple[bool, ...]:
        """For each weight, whether it has a gradient in all processes. It stays so."""
        missing = torch.tensor([float(each.grad is None) for each in self._weights])
        return tuple(count == 0 for count in self._world.sum(missing).tolist())
