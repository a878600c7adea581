"""Lines of text in place of the pictures that a run draws: Matplotlib takes a second for two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from matplotlib.figure import Figure

from netlang.backends.torch.train.records import confusion, curves
from netlang.backends.torch.train.records.drawing import draw
from netlang.backends.torch.train.storage import write_text

__all__ = ["filled_pictures", "with_pictures", "without_pictures"]


def _plain(path: Path, size: tuple[float, float], fill: object) -> None:
    """It is written where and how a picture would be."""
    write_text(path.with_suffix(".svg"), f"<svg>{size}</svg>")
    write_text(path.with_suffix(".png"), f"{size}")


def _filled(path: Path, size: tuple[float, float], fill: Callable[[Figure], None]) -> None:
    fill(Figure(figsize=size))
    _plain(path, size, fill)


@contextmanager
def _drawn_by(function: object) -> Iterator[None]:
    with ExitStack() as replaced:
        for module in (confusion, curves):
            replaced.enter_context(patch.object(module, "draw", function))
        yield


def without_pictures() -> AbstractContextManager[None]:
    """Inside, a picture is a line of text."""
    return _drawn_by(_plain)


def filled_pictures() -> AbstractContextManager[None]:
    """Inside, all that a picture shows is put into a figure, and a line of text is written.

    Most of a picture's time goes into laying it out and writing it.
    """
    return _drawn_by(_filled)


def with_pictures() -> AbstractContextManager[None]:
    """Inside, pictures are drawn, also within `without_pictures`."""
    return _drawn_by(draw)
