"""Matplotlib figures as bytes and files: equal numbers give equal bytes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.atomic import replace_file
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import WriteFailed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_into", "svg_and_png"]

_DPI = 120


def svg_and_png(size: tuple[float, float], fill: Callable[[Figure], None]) -> tuple[bytes, bytes]:
    """A figure of a size in inches. Raises `ModuleNotFoundError` without Matplotlib."""
    # The figure's own canvases: no window system is touched and no global state kept.
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with (
        rc_context(
            # The same text for the same figure, and names that aren't read as formulas.
            {"svg.hashsalt": "netlang", "svg.fonttype": "none", "text.parse_math": False}
        ),
        warnings.catch_warnings(),
    ):
        # A name may be in a script that the font of the .png lacks: that isn't the user's mistake.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=size, dpi=_DPI, layout="constrained")
        fill(figure)
        text, pixels = io.StringIO(), io.BytesIO()
        FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None})
        # Everything has its place now.
        figure.set_layout_engine("none")
        FigureCanvasAgg(figure).print_png(pixels, metadata={"Software": None})
    return text.getvalue().encode(), pixels.getvalue()


def draw_into(
    folder: Path, name: str, size: tuple[float, float], fill: Callable[[Figure], None]
) -> tuple[Path, ...]:
    """The same as the files `NAME.svg` and `NAME.png` of a folder, which is made if need be.

    Raises `NetlangError` if they can't be written.
    """
    files = (folder / f"{name}.svg", folder / f"{name}.png")
    for path, content in zip(files, svg_and_png(size, fill), strict=True):
        write_beside(path, content)
    return files


def write_beside(path: Path, content: bytes) -> None:
    """Write a picture, or a page with pictures, into its folder, which is made if need be.

    Raises `NetlangError` if it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content, flushed=False)
    except OSError as error:
        raise NetlangError(WriteFailed.of(path, error)) from error
