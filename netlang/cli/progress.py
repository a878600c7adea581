"""What a command is doing, on standard error, while it works."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar, final

import click

__all__ = ["ProgressLine"]

_CLEARED = "\r\x1b[K"

_Made = TypeVar("_Made")


@final
class ProgressLine:
    """A line of the terminal that changes; elsewhere, a line for each stage.

    A stage is what stands before the colon of a text.
    """

    def __init__(self) -> None:
        self._stage = ""
        self._rewrites = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Tell what is done next."""
        from netlang.diagnostics.texts import visible

        stage = text.partition(":")[0]
        if self._rewrites:
            click.echo(f"{_CLEARED}{visible(text)} ...", err=True, nl=False)
        elif stage != self._stage:
            click.echo(f"{visible(stage)} ...", err=True)
        self._stage = stage

    def cleared_for(self, every: Iterable[_Made]) -> Iterator[_Made]:
        """The same values; whenever one is there, or an error, the line is free for it."""
        try:
            for each in every:
                self._clear()
                yield each
        finally:
            self._clear()

    def _clear(self) -> None:
        if self._rewrites and self._stage:
            click.echo(_CLEARED, err=True, nl=False)
        self._stage = ""
