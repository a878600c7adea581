"""The core's view of a backend that draws what is different between two nets."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.build import Written
from netlang.targets.backends import Backend, backend, written_by

if TYPE_CHECKING:
    from netlang.diff import Difference

__all__ = ["DrawingBackend", "draw_difference"]


class DrawingBackend(Backend):
    """A backend that can also draw two nets as one diagram."""

    @abstractmethod
    def write_difference(self, difference: Difference, path: Path) -> Written:
        """Write the diagram to `path` atomically."""


def draw_difference(difference: Difference, path: Path) -> Written:
    """Draw a difference; system errors become `NetlangError`s."""
    found = backend("graphviz")
    assert isinstance(found, DrawingBackend)
    return written_by(found, path, lambda end: found.write_difference(difference, end))
