"""Signals that ask a process to end, which long work heeds when nothing is half done.

Ctrl-C, the end requested by a system or scheduler (SIGTERM), its earlier warning (SIGUSR1, ``sbatch
--signal=USR1@120``) and a closed terminal (SIGHUP).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["caught_signals", "heeded_signals"]

_NAMES = ("SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP")


def heeded_signals() -> list[signal.Signals]:
    """Those to heed here; under nohup a closed terminal is nothing to stop for."""
    found = [signal.Signals[name] for name in _NAMES if name in signal.Signals.__members__]
    return [
        each
        for each in found
        if each.name != "SIGHUP" or signal.getsignal(each) is not signal.SIG_IGN
    ]


@contextmanager
def caught_signals() -> Iterator[list[int]]:
    """Inside, signals are put on the list, and a further Ctrl-C is a `KeyboardInterrupt`."""
    caught: list[int] = []

    def catch(number: int, frame: FrameType | None) -> None:
        if caught and number == signal.SIGINT:
            raise KeyboardInterrupt
        caught.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    before = {number: signal.signal(number, catch) for number in heeded_signals()}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
