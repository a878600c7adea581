"""What the names of nets, blocks and recipes of a file stand for."""

from __future__ import annotations

from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.values import BlockTarget, Broken, Layer, Namespace, kind_of
from netlang.modules.library import Module
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["block_layer", "named", "net_layer"]


def named(module: Module, kind: str) -> list[str]:
    """The names of the nets, recipes (``train``) or blocks that a file defines."""
    if kind == "block":
        return [each.name for each in module.definitions() if isinstance(each, ast.BlockDef)]
    return list(module.nets() if kind == "net" else module.recipes)


def net_layer(module: Namespace, name: str, span: Span) -> Layer:
    """The layer of a net by its name; `span` is where it was requested."""
    return _layer(module, name, span, ast.NetDef)


def block_layer(module: Namespace, name: str, span: Span) -> Layer:
    """The layer of a block by its name; `span` is where it was requested."""
    return _layer(module, name, span, ast.BlockDef)


def _layer(
    module: Namespace, name: str, span: Span, wanted: type[ast.NetDef] | type[ast.BlockDef]
) -> Layer:
    value = module.find(name)
    if isinstance(value, Broken):
        raise NetlangError  # what is wrong with it was reported before
    if (
        isinstance(value, Layer)
        and isinstance(value.target, BlockTarget)
        and isinstance(value.target.definition, wanted)
    ):
        return value
    noun = "net" if wanted is ast.NetDef else "block"
    raise NetlangError(
        language.NotALayer(span=span, name=name, kind=f"{kind_of(value)}, not a {noun}")
    )
