"""What the tests of the diagrams share: programs from text, and DOT text read back by Graphviz."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from pygraphviz import AGraph

from netlang.backends.graphviz import to_dot
from netlang.backends.graphviz.markup import TIMES
from netlang.elaborate import load_program
from netlang.ir.program import Program

__all__ = ["Drawing", "program_of", "read"]

TAG = re.compile(r"<[^>]*>")


def program_of(folder: Path, body: str, name: str = "net") -> Program:
    """The net `name` of a spec."""
    path = folder / "spec.net"
    path.write_text(body, encoding="utf-8")
    return load_program(f"{path}:{name}")


def words(label: str) -> str:
    """An HTML-like label without its tags; the sign of multiplication is an x."""
    return " ".join(unescape(TAG.sub(" ", label)).replace(TIMES, "x").split())


@dataclass(frozen=True)
class Drawing:
    """A diagram as Graphviz reads it."""

    text: str
    nodes: dict[str, str]
    edges: list[tuple[str, str, str]]
    frames: dict[str, str]

    @property
    def rows(self) -> list[str]:
        """The words of every table row, in order."""
        found = []
        for label in self.nodes.values():
            found += [words(row) for row in re.findall(r"<TR>(.*?)</TR>", label)]
        return found

    def frame(self, title: str) -> list[str]:
        """The words of all frames whose title begins so."""
        return [label for label in self.frames.values() if label.startswith(title)]


def read(program: Program, depth: int | None = None) -> Drawing:
    """The diagram of a program, read back."""
    text = to_dot(program, depth=depth)
    graph = AGraph(string=text)
    nodes = {str(node): node.attr["label"] or "" for node in graph.nodes()}
    edges = [(str(edge[0]), str(edge[1]), edge.attr["style"] or "") for edge in graph.edges()]
    return Drawing(text, nodes, edges, dict(_frames(graph)))


def _frames(graph: AGraph) -> Iterator[tuple[str, str]]:
    for inner in graph.subgraphs():
        if inner.name is not None and inner.name.startswith("cluster"):
            yield inner.name, words(inner.graph_attr["label"] or "")
        yield from _frames(inner)
