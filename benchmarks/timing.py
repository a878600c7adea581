"""Times that can be compared: both sides in turns, in one run, the median of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import final

__all__ = ["Comparison", "compare"]


@final
@dataclass(frozen=True)
class Comparison:
    """Median seconds of both sides."""

    ours: float
    peer: float

    @property
    def ratio(self) -> float:
        """How many times longer the peer takes."""
        return self.peer / self.ours

    def __str__(self) -> str:
        return f"{self.ratio:.1f}x (ours {self.ours * 1e3:.1f} ms, peer {self.peer * 1e3:.1f} ms)"


def compare(ours: Callable[[], object], peer: Callable[[], object], rounds: int) -> Comparison:
    """Run both in turns, after one round that isn't counted."""
    times: tuple[list[float], list[float]] = ([], [])
    for round_number in range(rounds + 1):
        for action, taken in zip((ours, peer), times, strict=True):
            start = perf_counter()
            action()
            if round_number:
                taken.append(perf_counter() - start)
    return Comparison(median(times[0]), median(times[1]))
