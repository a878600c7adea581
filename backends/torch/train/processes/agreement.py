"""What several processes agree on while their devices are busy."""

from __future__ import annotations

from typing import final

import torch
from torch import distributed

from netlang.backends.torch.train.world import World

__all__ = ["Agreement"]


@final
class Agreement:
    """The largest of the processes' numbers, a call late: nobody waits for an answer.

    The processes talk over their main memories while a step is made, so this costs no time of a
    device. All of them call it equally often.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._number = torch.zeros((), dtype=torch.int64)
        self._work: distributed.Work | None = None

    def reached(self, number: int) -> int:
        """The largest number that was given at the last call; a largest other than 0 stays."""
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
