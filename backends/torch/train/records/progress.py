"""A run's display: a bar on a terminal, occasional lines in a log, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TextIO, final

from netlang.backends.torch.train.storage import Json
from netlang.diagnostics.texts import visible_lines

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

__all__ = [
    "Bar",
    "LogLines",
    "Progress",
    "Silent",
    "Speed",
    "duration",
    "progress_for",
    "status_of",
]

_LINES_EVERY = 5.0
_BAR_EVERY = 0.2


class Progress(Protocol):
    """Receives the progress of a run."""

    def begin(self, done: int, total: int, batch: int) -> None:
        """The run starts, or continues, after `done` of `total` steps of `batch` examples each."""

    def advance(self, done: int) -> None:
        """`done` steps are done."""

    def show(self, record: Mapping[str, Json]) -> None:
        """Show the newest record of the metrics."""

    def say(self, text: str) -> None:
        """Show a message permanently, with escapes for what a terminal would interpret.

        Messages repeat names from weights and data that strangers wrote.
        """

    def end(self) -> None:
        """The run has ended or was stopped."""


@final
class Silent:
    """Shows nothing."""

    def begin(self, done: int, total: int, batch: int) -> None:
        """Nothing."""

    def advance(self, done: int) -> None:
        """Nothing."""

    def show(self, record: Mapping[str, Json]) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


@final
@dataclass
class Speed:
    """The speed and remaining time of a run, not counting an earlier run.

    The time before the first step, when kernels are chosen and workers start, is left out.
    """

    done: int
    total: int
    batch: int
    _first: int = field(init=False, default=-1)
    _since: float = field(init=False, default=0.0)
    _now: float = field(init=False, default=0.0)

    def advance(self, done: int, now: float) -> None:
        if self._first < 0:
            self._first, self._since = done, now
        self.done, self._now = done, now

    @property
    def steps_a_second(self) -> float:
        passed = self._now - self._since
        return (self.done - self._first) / passed if passed > 0.0 else 0.0

    def __str__(self) -> str:
        """``12,345 examples/s, 0:02:10 left``, or nothing if it isn't known yet."""
        speed = self.steps_a_second
        if speed == 0.0:
            return ""
        shown = f"{speed * self.batch:,.0f} examples/s"
        if self.done >= self.total:
            return shown
        return f"{shown}, {duration((self.total - self.done) / speed)} left"


def duration(seconds: float) -> str:
    """A duration as ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def status_of(shown: Mapping[str, Json]) -> str:
    """A record for a person: ``loss 1.2345, validation accuracy 59.8 %``."""
    parts = []
    for name, value in shown.items():
        kind = name.rpartition("_")[2]
        if isinstance(value, float) and kind == "accuracy":
            parts.append(f"{name.replace('_', ' ')} {100.0 * value:.1f} %")
        elif isinstance(value, float) and kind == "loss":
            parts.append(f"{name.replace('_', ' ')} {value:.4f}")
    return ", ".join(parts)


@final
class LogLines:
    """At most one line every `seconds`, for logs."""

    def __init__(self, stream: TextIO, seconds: float = _LINES_EVERY) -> None:
        self._stream = stream
        self._seconds = seconds
        self._next = 0.0
        self._speed = Speed(0, 0, 0)
        self._shown: dict[str, Json] = {}

    def begin(self, done: int, total: int, batch: int) -> None:
        self._speed = Speed(done, total, batch)
        self._next = time.monotonic() + self._seconds

    def advance(self, done: int) -> None:
        now = time.monotonic()
        self._speed.advance(done, now)
        if now >= self._next and self._shown:
            self._next = now + self._seconds
            self._line()

    def show(self, record: Mapping[str, Json]) -> None:
        self._shown |= record

    def say(self, text: str) -> None:
        print(visible_lines(text), file=self._stream, flush=True)

    def end(self) -> None:
        if self._shown:
            self._line()

    def _line(self) -> None:
        speed = self._speed
        shown = (status_of(self._shown), str(speed))
        self.say(f"step {speed.done} of {speed.total}: {', '.join(filter(None, shown))}")


@final
class Bar:
    """rich's progress bar with the newest record, the speed and the remaining time.

    rich is loaded with the first step, which it would otherwise delay.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next = 0.0
        self._speed = Speed(0, 0, 0)
        self._shown: dict[str, Json] = {}
        self._bar: RichProgress | None = None

    def begin(self, done: int, total: int, batch: int) -> None:
        self._speed = Speed(done, total, batch)

    def advance(self, done: int) -> None:
        now = time.monotonic()
        self._speed.advance(done, now)
        if now >= self._next:
            self._next = now + _BAR_EVERY
            self._render()

    def show(self, record: Mapping[str, Json]) -> None:
        self._shown |= record

    def say(self, text: str) -> None:
        shown = visible_lines(text)
        if self._bar is None:
            print(shown, file=self._stream, flush=True)
        else:
            self._bar.console.print(shown, markup=False, highlight=False)

    def end(self) -> None:
        self._render()
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _render(self) -> None:
        if self._bar is None:
            self._bar = _rich_bar(self._stream)
            self._bar.add_task("training", total=self._speed.total, speed="")
            self._bar.start()
        (task,) = self._bar.task_ids
        shown = status_of(self._shown) or "training"
        self._bar.update(
            task, completed=self._speed.done, description=shown, speed=str(self._speed)
        )
        self._bar.refresh()


def _rich_bar(stream: TextIO) -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.table import Column

    # On a narrow terminal the record is cut off, never the step and the time that is left.
    whole, cut = Column(no_wrap=True), Column(no_wrap=True, overflow="ellipsis", ratio=1)
    return Progress(
        BarColumn(bar_width=10, table_column=Column(min_width=10)),
        MofNCompleteColumn(table_column=whole),
        TextColumn("{task.description}", markup=False, table_column=cut),
        TextColumn("{task.fields[speed]}", markup=False, table_column=whole),
        expand=True,
        console=Console(file=stream, force_terminal=stream.isatty()),
        # A thread that draws would take time from the one that trains.
        auto_refresh=False,
    )


def progress_for(stream: TextIO | None = None, *, quiet: bool = False) -> Progress:
    """A bar if the stream is a terminal, else lines; nothing if `quiet`."""
    if quiet:
        return Silent()
    stream = stream or sys.stderr
    return Bar(stream) if stream.isatty() else LogLines(stream)
