"""Modules that are one operator of the language, though PyTorch's graph has their parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, final

from torch import nn

from netlang.records import Record

if TYPE_CHECKING:
    from torch.fx import Graph, Node

__all__ = ["Composite", "composites"]


@final
class Composite(Record, eq=False):
    """The nodes of one call of a module: the value that it is given, and the one that it gives."""

    path: str
    module: nn.MultiheadAttention
    given: Node
    last: Node


def composites(graph: Graph, module: Callable[[str], nn.Module]) -> Mapping[Node, Composite]:
    """For each node of an attention of PyTorch's own the attention that it is a part of.

    `module` gives the module at a path. Only one that attends to its own input, without a mask.
    """
    inside: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in graph.nodes:
        for call, (path, _) in (node.meta.get("nn_module_stack") or {}).items():
            inside[call, path].append(node)
    found: dict[Node, Composite] = {}
    for (_, path), nodes in inside.items():
        owner = module(path)
        if not isinstance(owner, nn.MultiheadAttention) or not _is_plain(owner):
            continue
        if any("refused" in node.meta for node in nodes):
            continue  # what such a node does isn't known
        ends = _ends(nodes)
        if ends is not None:
            made = Composite(path, owner, *ends)
            found |= dict.fromkeys(nodes, made)
    return found


def _is_plain(module: nn.MultiheadAttention) -> bool:
    """Whether an attention has its weights in one tensor, and adds no keys of its own."""
    return module.in_proj_weight is not None and module.bias_k is None and not module.add_zero_attn


def _ends(nodes: list[Node]) -> tuple[Node, Node] | None:
    """The one activation that nodes read from outside, and the one that others read of them."""
    own = set(nodes)
    given = {
        each
        for node in nodes
        for each in node.all_input_nodes
        if each not in own and not (each.op == "placeholder" and each.name[:2] in ("p_", "b_"))
    }
    read = [node for node in nodes if any(user not in own for user in node.users)]
    if len(given) != 1 or len(read) != 1:
        return None
    return given.pop(), read[0]
