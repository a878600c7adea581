"""Scaled gradients of which each process has some: what one of them finds counts for all."""

from __future__ import annotations

from typing import final

import torch
from torch import distributed

__all__ = ["SharedScaler"]


@final
class SharedScaler(torch.amp.GradScaler):
    """A step is skipped by all processes where the gradient of one isn't finite.

    (PyTorch's `ShardedGradScaler` adds up how many found that; fused optimizers skip for 1 alone.)
    """

    def unscale_(self, optimizer: torch.optim.Optimizer) -> None:
        """Divide the gradients by the scale, and note whether all of them are finite."""
        super().unscale_(optimizer)
        for found in self._found_inf_per_device(optimizer).values():
            distributed.all_reduce(found, distributed.ReduceOp.MAX)
