"""The processes that train together: which part of each batch is this one's, and what all found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from torch import Tensor

__all__ = ["World"]


@final
@dataclass(frozen=True)
class World:
    """This process' `rank` among `size`; one process alone is the default."""

    rank: int = 0
    size: int = 1

    @property
    def writes(self) -> bool:
        """Whether this process writes the files of the run: the first one alone does."""
        return self.rank == 0

    def part(self, count: int) -> slice:
        """This process' slice of `count` examples: contiguous, of nearly equal length."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def factor(self, count: int, whole: int) -> float:
        """What to multiply the mean loss of `count` of a batch's `whole` examples by.

        Gradients are averaged over processes, so this makes them those of the whole batch's mean
        however unequal the slices are.
        """
        return count * self.size / whole

    def sum(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes, on each of them."""
        assert self.size == 1
        return values
