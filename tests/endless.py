"""An end to what would compute for ever.

This guards against a hang and says nothing of speed, so give it far more than the slowest machine
needs. Where a test bounds what something costs, `tests.work` counts it.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["ENDLESS", "Endless", "limited"]

ENDLESS = 1800.0
"""Seconds, of computing or by the clock, after which there is no end, on any machine."""


class Endless(Exception):
    """What was tried has computed for longer than it may."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `Endless` inside once this process has computed for so many seconds.

    Only the main thread of a process can be interrupted, and only while it runs Python.
    """

    def stop(number: int, frame: object) -> None:
        raise Endless(f"over {seconds:g} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, left)  # 0: nothing outside is limited
        signal.signal(signal.SIGVTALRM, before)
