"""Agreement between processes while their devices are busy."""

from __future__ import annotations

from typing import final

import torch
from torch import distributed

from netlang.backends.torch.train.world import World

__all__ = ["Agreement"]


@final
class Agreement:
    """The maximum over the processes' numbers, one call late, so that nobody waits.

    The processes communicate through main memory while a step runs, so this takes no device time.
    All of them must call it equally often.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._number = torch.zeros((), dtype=torch.int64)
        self._work: distributed.Work | None = None

    def reached(self, number: int) -> int:
        """The maximum given at the last call; once it isn't 0, it stays."""
        if self._work is not None:
            self._work.wait()
            self._work = None
        if self._number:
            return int(self._number)
        self._number.fill_(number)
        self._work = distributed.all_reduce(
            self._number, distributed.ReduceOp.MAX, group=self._world.control, async_op=True
        )
        return 0
