"""The diagram backend as the command line and `netlang.Net` see it."""

from __future__ import annotations

from pathlib import Path
from typing import final

from netlang.build import BuildOptions, Written
from netlang.ir.program import Program
from netlang.targets import Backend

__all__ = ["BACKEND", "GraphvizBackend"]


@final
class GraphvizBackend(Backend):
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


BACKEND = GraphvizBackend()
