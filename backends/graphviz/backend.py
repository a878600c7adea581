"""The diagram backend as the command line and `netlang.Net` see it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, final

from netlang.build import BuildOptions, Written
from netlang.ir.program import Program
from netlang.targets.drawing import DrawingBackend

if TYPE_CHECKING:
    from netlang.diff import Difference

__all__ = ["BACKEND", "GraphvizBackend"]


@final
class GraphvizBackend(DrawingBackend):
    """Writes pictures and Graphviz text."""

    name = "graphviz"
    extra = "draw"
    suffixes = (".svg", ".png", ".pdf", ".dot")

    def write(self, program: Program, path: Path, options: BuildOptions) -> Written:
        from netlang.backends.graphviz import draw

        draw(program, path, depth=options.depth, sizes=options.sizes or None)
        if options.weights is None:
            return Written(path)
        return Written(path, notes=(f"{path} is a picture: {options.weights} was not read for it",))

    def write_difference(self, difference: Difference, path: Path) -> Written:
        from netlang.backends.graphviz.differences import difference_dot
        from netlang.backends.graphviz.render import format_of, render_dot, write

        picture = format_of(path)
        write(path, render_dot(difference_dot(difference), picture))
        return Written(path)


BACKEND = GraphvizBackend()
