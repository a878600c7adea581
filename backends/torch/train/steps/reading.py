"""Reads numbers from a device without waiting for it, for records that come later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netlang.recipes.sections.turn import Turn

__all__ = ["Pending", "Reading"]


@final
class Reading:
    """A copy of some numbers at the current point of the device's queue, to be read later."""

    def __init__(self, numbers: Tensor) -> None:
        self._event: torch.cuda.Event | None = None
        if numbers.device.type == "cuda":
            self._copy = torch.empty(numbers.shape, dtype=numbers.dtype, pin_memory=True)
            self._copy.copy_(numbers, non_blocking=True)
            self._event = torch.cuda.Event()
            self._event.record()
        else:
            self._copy = numbers.clone()

    def values(self) -> list[float]:
        """The numbers. Waits only if the device hasn't reached that point yet."""
        if self._event is not None:
            self._event.synchronize()
        found: list[float] = self._copy.tolist()
        return found


@final
@dataclass(frozen=True)
class Pending:
    """A record whose numbers haven't been read yet.

    `sums` are the loss over `steps` steps, and how many of the `examples` that counted in them were
    classified correctly; without `examples`, the net doesn't classify.
    """

    step: int
    steps: int
    rate: float
    sums: Reading
    examples: int | None

    def of_turns(self, turns: Sequence[Turn], sums: Sequence[float]) -> dict[str, float]:
        """The mean loss of each step that was made, by its name: ``critic_loss``."""
        before = self.step - self.steps
        made = (self.step // turn.every - before // turn.every for turn in turns)
        found = zip(turns, sums, made, strict=True)
        return {f"{turn.name}_loss": own / count for turn, own, count in found if count}
