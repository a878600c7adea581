"""Ctrl-C at any moment of a command: no traceback, and exit status 130.

Python raises `KeyboardInterrupt` between any two of its instructions. Inside a callback from C the
exception is lost, with a traceback on standard error, and some code turns it into another one. So
the signal is recorded before it is raised, and the record counts whatever becomes of the exception.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

__all__ = ["Interrupts"]


@final
class Interrupts:
    """Whether this process was interrupted since `watch`."""

    def __init__(self) -> None:
        self.noted = False
        self._watching = False

    def watch(self) -> None:
        """Start recording; a process that ignores the signal keeps ignoring it."""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)
            self._before = sys.unraisablehook
            sys.unraisablehook = self._unraisable
            self._watching = True

    def end(self, *, of_process: bool) -> None:
        """Stop recording. At the end of a process, a signal then ends it at once."""
        if self._watching:
            sys.unraisablehook = self._before
            after = signal.SIG_DFL if of_process else signal.default_int_handler
            signal.signal(signal.SIGINT, after)
            self._watching = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.noted = True
        raise KeyboardInterrupt

    def _unraisable(self, lost: UnraisableHookArgs) -> None:
        if not (self.noted and issubclass(lost.exc_type, KeyboardInterrupt)):
            self._before(lost)
