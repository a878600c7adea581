"""Errors of the diagram backend (E094x). They have no span."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["GraphvizFailed", "GraphvizMissing"]


class GraphvizMissing(Diagnostic):
    code = "E0941"
    title = "a {format} needs Graphviz, which is not installed"
    help = "pip install netlang[draw], or write a .dot file, which needs nothing"

    format: str


class GraphvizFailed(Diagnostic):
    code = "E0942"
    title = "Graphviz could not make the {format}: {reason}"
    help = "write a .dot file and try another version of Graphviz on it"

    format: str
    reason: str
