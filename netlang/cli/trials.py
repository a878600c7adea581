"""How far a search is: rich's bar on a terminal, a line for each trial elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, final

import click

from netlang.diagnostics.texts import visible
from netlang.searching.telling import SearchLines, SearchProgress

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["progress_of"]


@contextmanager
def progress_of(*, quiet: bool) -> Iterator[SearchProgress]:
    """Inside, a search tells the terminal how far it is; nothing if `quiet`."""
    if quiet:
        yield SearchLines(lambda text: None)
    elif not sys.stderr.isatty():
        yield SearchLines(lambda text: click.echo(visible(text), err=True))
    else:
        with _bar() as bar:
            yield _TrialsBar(bar)


@final
class _TrialsBar:
    """Messages above a bar with the time that is left and the best score so far."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("searching", total=None)

    def say(self, text: str) -> None:
        self._bar.console.print(visible(text), markup=False, highlight=False, soft_wrap=True)

    def count(self, done: int, total: int, best: str) -> None:
        shown = f"best: {best}" if best else "searching"
        self._bar.update(self._task, completed=done, total=total, description=visible(shown))
        self._bar.refresh()


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column

    # On a narrow terminal the best score is cut off, never the count and the time that is left.
    whole, cut = Column(no_wrap=True), Column(no_wrap=True, overflow="ellipsis", ratio=1)
    return Progress(
        BarColumn(bar_width=10, table_column=Column(min_width=10)),
        MofNCompleteColumn(table_column=whole),
        TextColumn("{task.description}", markup=False, table_column=cut),
        TimeRemainingColumn(table_column=whole),
        expand=True,
        console=Console(file=sys.stderr, force_terminal=True),
        # A thread that draws would take time from the one that trains.
        auto_refresh=False,
    )
