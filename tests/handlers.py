"""Signals as Python and the system handle them by themselves, whoever started the tests.

A process in the background of a shell starts without Ctrl-C, and one under `nohup` without hangups;
what it starts and tests would ignore them too.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["usual_handlers"]


@contextmanager
def usual_handlers() -> Iterator[None]:
    """Inside, Ctrl-C is `KeyboardInterrupt`, and a hangup ends the process."""
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    hangup = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGHUP, hangup)
