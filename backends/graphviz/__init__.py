"""The diagram backend: a program as a figure for a paper.

`to_dot` needs no other package. `draw` and `to_svg` use the Graphviz that comes with pygraphviz
(`pip install netlang[draw]`), or the one of the system.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from netlang.backends.graphviz.page import to_dot
from netlang.backends.graphviz.render import FORMATS, format_of, render_dot, write
from netlang.ir.program import Program

__all__ = ["FORMATS", "draw", "to_dot", "to_svg"]


def draw(
    program: Program,
    path: str | Path,
    *,
    depth: int | None = None,
    sizes: Mapping[str, int] | None = None,
) -> None:
    """Writes the diagram as .svg, .png, .pdf or .dot, by the suffix of `path`."""
    path = Path(path)
    picture = format_of(path)
    write(path, render_dot(to_dot(program, depth=depth, sizes=sizes), picture))


def to_svg(
    program: Program, *, depth: int | None = None, sizes: Mapping[str, int] | None = None
) -> str:
    """The diagram as SVG text, as notebooks show it."""
    return render_dot(to_dot(program, depth=depth, sizes=sizes), "svg").decode("utf-8")
