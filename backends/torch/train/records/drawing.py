"""Pictures of a run as files."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.backends.pictures import svg_and_png
from netlang.backends.torch.train.storage import write_parts
from netlang.targets import needs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DARK", "PALE", "draw", "require_drawing"]

DARK, PALE = "#1f4e8c", "#9ab6d6"


def require_drawing() -> None:
    """Raise `NetlangError` before a run, rather than after it, if Matplotlib isn't installed.

    It isn't imported, which would delay the first step.
    """
    with needs("data"):
        if find_spec("matplotlib") is None:
            raise ModuleNotFoundError(name="matplotlib")


def draw(path: Path, size: tuple[float, float], fill: Callable[[Figure], None]) -> None:
    """Write a figure, of a size in inches, as .svg and as .png beside it."""
    for suffix, content in zip((".svg", ".png"), svg_and_png(size, fill), strict=True):
        write_parts(path.with_suffix(suffix), [memoryview(content)])
