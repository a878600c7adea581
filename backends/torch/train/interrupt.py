"""Turns signals into a flag that the loop checks between steps.

A run that is asked to end saves its state and stops. Several processes stop after the same step,
whichever of them received the signal.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import final

from netlang.backends.torch.train.processes.agreement import Agreement
from netlang.backends.torch.train.world import World
from netlang.processes.signals import heeded_signals

__all__ = ["Interrupt", "Stopped", "interrupts", "outliving_one"]


@final
class Stopped(BaseException):
    """A signal came while nothing was changing the state of the run."""


@final
class Interrupt:
    """Whether the run should stop, and because of which signal.

    `with interrupt:` wraps slow code that changes nothing, such as waiting for data or evaluating:
    there, a signal raises `Stopped` at once. A process among several has to wait for the others,
    which `heed` asks before a step.
    """

    def __init__(self, world: World | None = None) -> None:
        self.signal: int | None = None
        self._inside = False
        self._agreement = None if world is None or world.size == 1 else Agreement(world)

    @property
    def wanted(self) -> bool:
        return self.signal is not None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = self.signal or number
        self._check()

    def heed(self) -> None:
        """Raise `Stopped` in all processes if one of them received a signal a step ago."""
        if self._agreement is not None:
            agreed = self._agreement.reached(self.signal or 0)
            if agreed:
                self.signal = agreed
                raise Stopped

    def __enter__(self) -> None:
        self._inside = True
        if self.wanted:
            self._check()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inside = False

    def _check(self) -> None:
        if self._inside and self._agreement is None:
            self._inside = False
            raise Stopped


@contextmanager
def interrupts(world: World | None = None) -> Iterator[Interrupt]:
    """Inside, the first signal is recorded, and a further Ctrl-C stops the process at once.

    After an error in one of several processes, SIGTERM is still only recorded; `outliving_one`,
    around this, takes it over.
    """
    interrupt = Interrupt(world)
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    caught = heeded_signals()
    before = {number: signal.getsignal(number) for number in caught}
    for number in caught:
        signal.signal(number, interrupt)
    failed = True
    try:
        yield interrupt
        failed = False
    finally:
        if failed and world is not None and world.size > 1:
            caught.remove(signal.SIGTERM)
        for number in caught:
            signal.signal(number, before[number])


@contextmanager
def outliving_one(number: signal.Signals) -> Iterator[None]:
    """After an error inside, ignore one signal of this number, then restore the handler.

    For a process with an error to report: when one process ends, `torchrun` immediately sends
    SIGTERM to all.
    """
    before = signal.getsignal(number)

    def passed(number: int, frame: FrameType | None) -> None:
        # Handlers that Python didn't install can't be restored.
        signal.signal(number, signal.SIG_DFL if before is None else before)

    try:
        yield
    except BaseException:
        if threading.current_thread() is threading.main_thread():
            signal.signal(number, passed)
        raise
