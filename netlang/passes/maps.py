"""Convolutions and linear maps of a flat net: whose weights may be changed, and what is in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias, TypeGuard

from netlang.ir.op import Op
from netlang.ir.owned import join
from netlang.ir.program import Node
from netlang.ir.types import DType
from netlang.ops.conv import Conv
from netlang.ops.conv_transpose import ConvTranspose
from netlang.ops.linear import Linear
from netlang.passes.affine import FoldedMap
from netlang.passes.deployed import Deployed

__all__ = ["PRECISE", "Map", "Maps", "is_map"]

Map: TypeAlias = Conv | ConvTranspose | Linear
PRECISE = (DType.FLOAT32, DType.FLOAT64)
"""The types in which numbers are computed beforehand; in others, they would lose digits."""


def is_map(op: object) -> TypeGuard[Map]:
    """Whether an operator is y = W x + b with a weight of its own or given as a value."""
    return isinstance(op, Conv | ConvTranspose | Linear)


class Maps:
    """The maps of a net before a pass."""

    def __init__(self, deployed: Deployed) -> None:
        nodes = deployed.program.net.nodes
        self._users = Counter(node.module for node in nodes)
        self._tied = {tie.module for node in nodes for tie in node.tied}

    def is_free(self, node: Node) -> bool:
        """Whether the weights of a map are its own, so that they may be changed."""
        given = isinstance(node.callee, Op) and bool(node.callee.given)
        alone = self._users[node.module] == 1 and node.module not in self._tied
        return alone and not given and not node.tied

    def fold(self, node: Node, folds: Mapping[str, FoldedMap]) -> FoldedMap:
        """What is folded into a map so far."""
        if node.module in folds:
            return folds[node.module]
        op = node.callee
        assert is_map(op)
        return FoldedMap(
            weight=join(node.module, "weight"),
            bias=join(node.module, "bias") if op.bias else None,
            groups=1 if isinstance(op, Linear) else op.groups,
            transposed=isinstance(op, ConvTranspose),
        )
