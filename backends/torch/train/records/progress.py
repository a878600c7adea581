"""What a run shows while it runs: a bar on a terminal, a line now and then in a log, or nothing."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol, TextIO, final

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

__all__ = ["Bar", "Lines", "Progress", "Silent", "progress_for"]


class Progress(Protocol):
    """Told about a run as it goes."""

    def begin(self, done: int, total: int) -> None:
        """The run starts, or goes on, after `done` of `total` steps."""

    def advance(self, done: int, status: str) -> None:
        """`done` steps are done; `status` says how it goes."""

    def say(self, text: str) -> None:
        """A message that stays."""

    def end(self) -> None:
        """The run is over or stopped."""


@final
class Silent:
    """Shows nothing."""

    def begin(self, done: int, total: int) -> None:
        """Nothing."""

    def advance(self, done: int, status: str) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


@final
class Lines:
    """One line at most every `seconds`, for logs."""

    def __init__(self, stream: TextIO, seconds: float = 10.0) -> None:
        self._stream = stream
        self._seconds = seconds
        self._next = 0.0
        self._total = 0

    def begin(self, done: int, total: int) -> None:
        self._total = total
        self._next = time.monotonic() + self._seconds

    def advance(self, done: int, status: str) -> None:
        if done == self._total or time.monotonic() >= self._next:
            self._next = time.monotonic() + self._seconds
            self.say(f"step {done} of {self._total}: {status}")

    def say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)

    def end(self) -> None:
        """Every line was written when it was due."""


@final
class Bar:
    """A progress bar with the time that is left."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = 0
        self._status = ""
        self._next = 0.0
        self._bar: ProgressBar[int] | None = None

    def begin(self, done: int, total: int) -> None:
        from click import progressbar

        self._shown = done
        self._bar = progressbar(
            length=total,
            label="training",
            file=self._stream,
            show_pos=True,
            item_show_func=lambda _: self._status,
        )
        # What an earlier run did is no part of this one's speed.
        self._bar.pos = done
        self._bar.render_progress()

    def advance(self, done: int, status: str) -> None:
        now = time.monotonic()
        if self._bar is None or (now < self._next and done != self._bar.length):
            return
        self._next = now + 0.1
        self._status = status
        self._bar.update(done - self._shown, None)
        self._shown = done

    def say(self, text: str) -> None:
        print(f"\n{text}", file=self._stream, flush=True)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()


def progress_for(stream: TextIO | None = None) -> Progress:
    """A bar where the stream is a terminal, else lines."""
    stream = stream or sys.stderr
    return Bar(stream) if stream.isatty() else Lines(stream)
