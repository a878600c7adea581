"""Times that can be compared: both sides in turns, in one run, the median of each or of pairs.

And what a process takes of the processor and of memory.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import final

__all__ = ["Comparison", "Pairs", "compare", "environment", "pairs", "used"]

# The peak memory of a process begins at that of the one that started it: a small one in between.
LAUNCH = """
import os, subprocess, sys
process = subprocess.Popen([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


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


def compare(
    ours: Callable[[], object],
    peer: Callable[[], object],
    rounds: int,
    clock: Callable[[], float] = perf_counter,
) -> Comparison:
    """Run both in turns, after one round that isn't counted."""
    times: tuple[list[float], list[float]] = ([], [])
    for round_number in range(rounds + 1):
        for action, taken in zip((ours, peer), times, strict=True):
            start = clock()
            action()
            if round_number:
                taken.append(clock() - start)
    return Comparison(median(times[0]), median(times[1]))


@final
@dataclass(frozen=True)
class Pairs:
    """Seconds of both sides, round by round: a machine that slows down slows both of a pair."""

    ours: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def times(self) -> float:
        """How many times as long ours takes: the median over the rounds, so that less is better."""
        return median(one / two for one, two in zip(self.ours, self.peer, strict=True))

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles of the rounds' ratios."""
        ratios = sorted(one / two for one, two in zip(self.ours, self.peer, strict=True))
        return ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]

    def __str__(self) -> str:
        low, high = self.spread
        ours, peer = median(self.ours) * 1e3, median(self.peer) * 1e3
        return f"{self.times:5.2f} ({low:.2f} to {high:.2f})  {ours:8.1f} ms  {peer:8.1f} ms"


def pairs(
    ours: Callable[[], object],
    peer: Callable[[], object],
    rounds: int,
    clock: Callable[[], float] = perf_counter,
) -> Pairs:
    """Run both in turns, first one then the other first, after one round that isn't counted.

    Garbage is collected before each run and outside of its time; inside, the collector works as it
    does for any user.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    sides = tuple(zip((ours, peer), taken, strict=True))
    for number in range(rounds + 1):
        for action, seconds in sides if number % 2 else reversed(sides):
            gc.collect()
            start = clock()
            made = action()
            if number:
                seconds.append(clock() - start)
            del made
    return Pairs(tuple(taken[0]), tuple(taken[1]))


def environment() -> dict[str, str]:
    """This process's, in which bytecode is cached, as in any installation."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def used(
    *arguments: str, folder: Path | None = None, statuses: tuple[int, ...] = (0,)
) -> tuple[float, float]:
    """Seconds of the processor and peak megabytes of a process of Python in a folder.

    Raises `SystemExit` if it ends with another exit status than these.
    """
    command = [sys.executable, "-c", LAUNCH, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, check=True)
    status, seconds, megabytes = done.stdout.split()
    if int(status) not in statuses:
        said = done.stderr.decode(errors="replace")
        raise SystemExit(f"{said}{' '.join(arguments[:3])} ends with {int(status)}")
    return float(seconds), float(megabytes)
