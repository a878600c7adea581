"""The steps that stay in float32 because the user says so."""

from __future__ import annotations

from collections.abc import Collection

from netlang.backends.onnx.diagnostics import StepNotThere
from netlang.build import LowPrecision
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node
from netlang.ops.attention import MultiHeadAttention
from netlang.passes.maps import is_map

__all__ = ["asked_for", "has_matrix", "with_followers"]


def asked_for(net: Function, low: LowPrecision) -> dict[str, str]:
    """The paths of steps of a flat net that `low` keeps, and why.

    Raises `NetlangError` for a label that no step has.
    """
    weighted = [node.path for node in net.nodes if has_matrix(node)]
    found = {}
    for label in low.keep:
        paths = [node.path for node in net.nodes if _is_below(node, label)]
        if not paths:
            raise NetlangError(
                StepNotThere(span=net.span, label=label, net=net.name, weighted=listed(weighted))
            )
        found.update(dict.fromkeys(paths, "you asked for it"))
    if low.keep_ends and weighted:
        found.update(dict.fromkeys((weighted[0], weighted[-1]), "it is the first or last"))
    return found


def with_followers(net: Function, kept: Collection[str]) -> set[str]:
    """The steps in `kept`, and those that they are fused with: integers would be around them."""
    return {*kept, *(path for path, owner in _owners(net).items() if owner in kept)}


def _owners(net: Function) -> dict[str, str]:
    """The step with weights that each step is or follows, by their paths."""
    owners: dict[str, str] = {}
    for node in net.nodes:
        first = node.inputs[0].producer if node.inputs else INPUT
        if has_matrix(node):
            owners[node.path] = node.path
        elif first != INPUT and net.nodes[first].path in owners:
            owners[node.path] = owners[net.nodes[first].path]
    return owners


def _is_below(node: Node, label: str) -> bool:
    """Whether a step has a label, also that of its weights, or one that starts with it."""
    return any(path == label or path.startswith(f"{label}.") for path in (node.path, node.module))


def has_matrix(node: Node) -> bool:
    """Whether a step is a convolution, a linear map or an attention with weights."""
    return isinstance(node.callee, Op) and (
        is_map(node.callee) or isinstance(node.callee, MultiHeadAttention)
    )
