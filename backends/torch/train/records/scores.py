"""Scores of an evaluation, and sums of losses."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import final

from netlang.backends.torch.train.files.part import plain_number
from netlang.backends.torch.train.storage import Json

__all__ = ["Scores", "Since"]


@final
@dataclass(frozen=True)
class Scores:
    """An evaluation after `step` steps. `accuracy` is between 0 and 1, or None without classes."""

    step: int
    loss: float
    accuracy: float | None

    @property
    def error(self) -> float:
        """The number to minimize: 1 - accuracy, or the loss; infinite instead of NaN."""
        if self.accuracy is not None:
            return 1.0 - self.accuracy
        return self.loss if isfinite(self.loss) else inf

    def better_than(self, other: Scores | None) -> bool:
        """Whether the error is smaller or, with equal accuracy, the loss."""
        if other is None or self.error != other.error:
            return other is None or self.error < other.error
        return self.accuracy is not None and self.loss < other.loss

    def figures(self) -> dict[str, float]:
        """The scores by name."""
        scores = {"loss": self.loss}
        return scores if self.accuracy is None else {"accuracy": self.accuracy, **scores}

    def facts(self) -> dict[str, Json]:
        return {"step": self.step, "loss": plain_number(self.loss), "accuracy": self.accuracy}


@final
@dataclass
class Since:
    """Losses since some moment: their sum and the number of steps."""

    total: float = 0.0
    steps: int = 0

    def add(self, total: float, steps: int) -> None:
        self.total += total
        self.steps += steps

    @property
    def mean(self) -> float:
        return self.total / max(1, self.steps)
