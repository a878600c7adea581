"""Names for values without a label: at each place, the first one that is free."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count

__all__ = ["RUNNING", "RunningNames", "running_names"]

RUNNING = ("x", "out", "y", "z")
"""The first names; `x1`, `x2` and so on follow."""


def running_names() -> Iterator[str]:
    """All names, in order."""
    yield from RUNNING
    yield from (f"x{number}" for number in count(1))


class RunningNames:
    """The names for values without a label. `needed` says where the value of a name is read last.

    Every name that was given out is in one of two heaps. The top of one is the first name that may
    be free; the top of the other is the name that becomes free first.
    """

    def __init__(self, needed: Callable[[str], int]) -> None:
        self._needed = needed
        self._new = count()
        self._perhaps: list[int] = []
        self._busy: list[tuple[int, int]] = []

    def first_free(self, place: int) -> str:
        """The first name whose value isn't read after `place`. Places must not decrease."""
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
