"""Names of values that no label names: the first that is free at the place where one is made."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

__all__ = ["RUNNING", "RunningNames"]

RUNNING = ("x", "out", "y", "z")
"""The first names; `x1`, `x2` and so on come behind them."""


class RunningNames:
    """The names of values that no label names; `needed` says where the value of one is read last.

    Each name but those not yet taken stands in one of two heaps: the first of those that may be
    free is at the top of one, that which becomes free first at the top of the other.
    """

    def __init__(self, needed: Callable[[str], int]) -> None:
        self._needed = needed
        self._new = count()
        self._perhaps: list[int] = []
        self._busy: list[tuple[int, int]] = []

    def first_free(self, place: int) -> str:
        """The first name that holds nothing read after `place`, which never goes back."""
        while self._busy and self._busy[0][0] <= place:
            heappush(self._perhaps, heappop(self._busy)[1])
        while True:
            number = heappop(self._perhaps) if self._perhaps else next(self._new)
            name = RUNNING[number] if number < len(RUNNING) else f"x{number - len(RUNNING) + 1}"
            last = self._needed(name)
            if last <= place:
                heappush(self._perhaps, number)
                return name
            heappush(self._busy, (last, number))
