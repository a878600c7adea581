"""Matplotlib figures as files: equal numbers give equal bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.backends.torch.train.storage import write_parts
from netlang.targets import needs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DARK", "PALE", "draw", "require_drawing"]

DARK, PALE = "#1f4e8c", "#9ab6d6"

_DPI = 120


def require_drawing() -> None:
    """Raise `NetlangError` before a run, rather than after it, if Matplotlib isn't installed.

    It isn't imported, which would delay the first step.
    """
    with needs("data"):
        if find_spec("matplotlib") is None:
            raise ModuleNotFoundError(name="matplotlib")


def draw(path: Path, size: tuple[float, float], fill: Callable[[Figure], None]) -> None:
    """Write a figure, of a size in inches, as .svg and as .png beside it."""
    # The figure's own canvases: no window system is touched and no global state kept.
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context(
        # The same text for the same figure, and names that aren't read as formulas.
        {"svg.hashsalt": "netlang", "svg.fonttype": "none", "text.parse_math": False}
    ):
        figure = Figure(figsize=size, dpi=_DPI, layout="constrained")
        fill(figure)
        text, pixels = io.StringIO(), io.BytesIO()
        FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None})  # type: ignore[no-untyped-call]  # Matplotlib's says none
        # Everything has its place now.
        figure.set_layout_engine("none")
        FigureCanvasAgg(figure).print_png(pixels, metadata={"Software": None})  # type: ignore[no-untyped-call]  # Matplotlib's says none
    write_parts(path.with_suffix(".svg"), [memoryview(text.getvalue().encode())])
    write_parts(path.with_suffix(".png"), [memoryview(pixels.getvalue())])
