"""Lays out DOT text from standard input and writes the picture to standard output.

Run as a script of its own process: Graphviz is C code, and neither its messages nor a crash may
reach the process that asked for a picture. The one argument is the format.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Renders with the Graphviz that the pygraphviz wheel carries."""
    from pygraphviz import AGraph

    text = sys.stdin.buffer.read().decode("utf-8")
    sys.stdout.buffer.write(AGraph(string=text).draw(format=sys.argv[1], prog="dot"))


if __name__ == "__main__":
    main()
