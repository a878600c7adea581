"""An end to what would compute for ever.

This guards against a hang and says nothing of speed, so give it far more than the slowest machine
needs. Where a test bounds what something costs, `tests.work` counts it.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

__all__ = ["ENDLESS", "Endless", "limited"]

ENDLESS = 1800.0
"""Seconds, of computing or by the clock, after which there is no end, on any machine."""


class Endless(Exception):
    """What was tried has computed for longer than it may."""


_INSIDE: list[object] = []
"""One for each `limited` that the process is in: pipes are looked after while there is any."""


def _opening(event: str, arguments: tuple[object, ...]) -> None:
    """Raise `Endless` where Python opens a pipe and waits for its other end."""
    if event != "open" or not _INSIDE:
        return
    path, _, flags = arguments
    if isinstance(path, str | bytes | Path) and isinstance(flags, int):
        with suppress(OSError, ValueError):
            if stat.S_ISFIFO(os.stat(path).st_mode) and not flags & os.O_NONBLOCK:
                raise Endless(f"waiting for the other end of {path!r}")


@cache
def _look_after_pipes() -> None:
    """Once in a process: what Python asks of each opening can't be taken away again."""
    sys.addaudithook(_opening)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `Endless` inside once this process has computed for so many seconds.

    Only the main thread of a process can be interrupted, and only while it runs Python. Who waits
    for a pipe doesn't compute, so opening one in a way that waits is `Endless` at once.
    """

    def stop(number: int, frame: object) -> None:
        raise Endless(f"over {seconds:g} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    _look_after_pipes()
    _INSIDE.append(stop)
    try:
        yield
    finally:
        _INSIDE.pop()
        signal.setitimer(signal.ITIMER_VIRTUAL, left)  # 0: nothing outside is limited
        signal.signal(signal.SIGVTALRM, before)
