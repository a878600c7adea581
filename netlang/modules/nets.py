"""The layer that the name of a net stands for."""

from __future__ import annotations

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.names import NotALayer
from netlang.evaluate.values import BlockTarget, Broken, Layer, Namespace, kind_of
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["net_layer"]


def net_layer(module: Namespace, name: str, span: Span) -> Layer:
    """The layer of a net by its name; `span` is where it was requested."""
    value = module.find(name)
    if isinstance(value, Broken):
        raise NetlangError  # what is wrong with it was reported before
    if (
        isinstance(value, Layer)
        and isinstance(value.target, BlockTarget)
        and isinstance(value.target.definition, ast.NetDef)
    ):
        return value
    raise NetlangError(NotALayer(span=span, name=name, kind=f"{kind_of(value)}, not a net"))
