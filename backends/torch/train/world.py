"""The processes that train together: each one's part of a batch, and communication."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor, distributed

__all__ = ["Connection", "World"]


@final
@dataclass
class Connection:
    """What connects the processes' main memories; nothing for one alone, or after they parted."""

    group: distributed.ProcessGroup | None = None


@final
@dataclass(frozen=True)
class World:
    """This process's `rank` among `size`; a single process is the default.

    `connection` is between the processes' main memories, apart from that between their devices.
    Every method that communicates has to be called by all processes, in the same order.
    """

    rank: int = 0
    size: int = 1
    connection: Connection = field(default_factory=Connection, compare=False, repr=False)

    @property
    def control(self) -> distributed.ProcessGroup | None:
        """The group of processes that talk through their main memories."""
        return self.connection.group

    @property
    def writes(self) -> bool:
        """Whether this process writes the files of the run: only the first one does."""
        return self.rank == 0

    def part(self, count: int) -> slice:
        """This process's slice of `count` examples: contiguous, of nearly equal length."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def factor(self, count: int, whole: int) -> float:
        """The factor for the mean loss of `count` of a batch's `whole` examples.

        Gradients are averaged over processes. With this factor, the result is the gradient of the
        whole batch's mean, however unequal the slices are.
        """
        return count * self.size / whole

    def sum(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes, in each of them; `values` is unchanged."""
        if self.size == 1:
            return values
        total = values.clone()
        distributed.all_reduce(total)
        return total

    def total(self, number: float) -> float:
        """The sum of the processes' numbers."""
        if self.size == 1:
            return number
        found = torch.tensor(number, dtype=torch.float64)
        distributed.all_reduce(found, group=self.control)
        return found.item()

    def largest(self, number: int) -> int:
        """The largest of the processes' numbers."""
        if self.size == 1:
            return number
        found = torch.tensor(number)
        distributed.all_reduce(found, distributed.ReduceOp.MAX, group=self.control)
        return int(found)

    def gathered(self, values: Tensor) -> list[Tensor]:
        """The `values` of every process in order; they must be in main memory and of one size."""
        if self.size == 1:
            return [values]
        found = [torch.empty_like(values) for _ in range(self.size)]
        distributed.all_gather(found, values, group=self.control)
        return found

    def copied(self, content: bytes, source: int = 0) -> bytes:
        """The `content` given by process `source`, in each of them."""
        if self.size == 1:
            return content
        length = torch.tensor(len(content))
        distributed.broadcast(length, source, group=self.control)
        buffer = torch.zeros(int(length), dtype=torch.uint8)
        if self.rank == source and content:
            buffer = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        if len(buffer):
            distributed.broadcast(buffer, source, group=self.control)
        return buffer.numpy().tobytes()
