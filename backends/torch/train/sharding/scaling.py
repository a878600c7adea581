"""Gradient scaling for sharded gradients: what one process finds counts for all."""

from __future__ import annotations

from typing import final

import torch
from torch import distributed

__all__ = ["SharedScaler"]


@final
class SharedScaler(torch.amp.GradScaler):
    """All processes skip a step if the gradient of any isn't finite.

    (PyTorch's `ShardedGradScaler` adds up how many found that, but fused optimizers skip only for
    1.)
    """

    def unscale_(self, optimizer: torch.optim.Optimizer) -> None:
        """Divide the gradients by the scale, and record whether all of them are finite."""
        super().unscale_(optimizer)
        for found in self._found_inf_per_device(optimizer).values():
            distributed.all_reduce(found, distributed.ReduceOp.MAX)
