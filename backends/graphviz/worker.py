"""Lays out DOT text from standard input and writes the picture to standard output.

Run as a script of its own process: Graphviz is C code, and neither its messages nor a crash may
reach the process that asked for a picture. The arguments are the format and the dots per inch.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Renders with the Graphviz that the pygraphviz wheel carries."""
    from pygraphviz import AGraph

    text = sys.stdin.buffer.read().decode("utf-8")
    picture, resolution = sys.argv[1:]
    graph = AGraph(string=text)
    graph.graph_attr["dpi"] = resolution
    sys.stdout.buffer.write(graph.draw(format=picture, prog="dot"))


if __name__ == "__main__":
    main()
