"""Work, counted: what a test bounds where it might have measured time.

Seconds say as much of the machine, and of what else it does, as of the code: a bound that catches
anything on a fast one fails on a slow one. The steps of Python that code takes are the same on
every machine, and nearly the same for every version of Python.

What C does inside one step isn't seen: a regular expression, the digits of an integer, the copy of
a string. Where a text aims at those, bound the memory, or what goes in, and leave a hang to
`tests.endless`.
"""

from __future__ import annotations

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

    def __init__(self, read: Callable[[], int]) -> None:
        self._read = read

    @property
    def steps(self) -> int:
        return self._read()


@contextmanager
def counted(most: int = sys.maxsize) -> Iterator[Work]:
    """Count the steps of all that is called inside; raise `TooMuch` after so many.

    The first call of a kind in a process does more, since it imports and fills caches.
    """
    left = most + 1

    def step(frame: FrameType, event: str, argument: object) -> None:
        # Called for every line that runs: it counts down a variable, and Python calls it again.
        nonlocal left
        left -= 1
        if not left:
            raise TooMuch(f"over {most:,} steps")

    def enter(frame: FrameType, event: str, argument: object) -> TraceFunction:
        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield Work(lambda: most + 1 - left)
    finally:
        sys.settrace(before)


def steps_of(action: Callable[[], object]) -> int:
    """How many steps an action takes."""
    with counted() as work:
        action()
    return work.steps
