"""Work, counted: what a test bounds where it might have measured time.

Seconds say as much of the machine, and of what else it does, as of the code: a bound that catches
anything on a fast one fails on a slow one. The steps of Python that code takes are the same on
every machine, and nearly the same for every version of Python.

What C does inside one step isn't seen: a regular expression, the digits of an integer, the copy of
a string. Where a text aims at those, bound the memory, or what goes in, and leave a hang to
`tests.endless`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from _typeshed import TraceFunction

__all__ = ["TooMuch", "Work", "counted", "steps_of"]


@final
class TooMuch(BaseException):
    """The code takes more steps than it may. No `Exception`, so that nothing hides it."""


@final
class Work:
    """The steps so far: lines that ran, calls that ended, exceptions that passed."""

    def __init__(self) -> None:
        self.steps = 0


@contextmanager
def counted(most: float = math.inf) -> Iterator[Work]:
    """Count the steps of all that is called inside; raise `TooMuch` after so many.

    The first call of a kind in a process does more, since it imports and fills caches.
    """
    work = Work()

    def step(frame: FrameType, event: str, argument: object) -> TraceFunction:
        work.steps += 1
        if work.steps > most:
            raise TooMuch(f"over {most:,} steps")
        return step

    def enter(frame: FrameType, event: str, argument: object) -> TraceFunction:
        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield work
    finally:
        sys.settrace(before)


def steps_of(action: Callable[[], object]) -> int:
    """How many steps an action takes."""
    with counted() as work:
        action()
    return work.steps
