"""Reads DOT text from standard input and writes the picture to standard output.

Run as a script in its own process: Graphviz is C code, and neither its messages nor a crash may
reach the process that asked for the picture. The arguments are the format and the dots per inch.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Renders with pygraphviz's Graphviz if it is installed, else with the system's `dot`."""
    text = sys.stdin.buffer.read().decode("utf-8")
    picture, resolution = sys.argv[1:]
    try:
        from pygraphviz import AGraph
    except ImportError:
        from graphviz import Source

        image = Source(text.replace("{", f"{{ dpi={resolution};", 1)).pipe(format=picture)
    else:
        graph = AGraph(string=text)
        graph.graph_attr["dpi"] = resolution
        image = graph.draw(format=picture, prog="dot")
    sys.stdout.buffer.write(image)


if __name__ == "__main__":
    main()
