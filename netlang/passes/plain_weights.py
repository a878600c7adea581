"""Computes standardised weights once, instead of each time that the net runs.

Needs: a flat net. Ensures: no convolution standardises its weights, but for those that are shared
or in half precision, whose results would be rounded differently.
"""

from __future__ import annotations

from netlang.ir.arguments import default_of
from netlang.ir.program import Node
from netlang.ops.conv import Conv
from netlang.passes.deployed import Deployed
from netlang.passes.flat import edited
from netlang.passes.maps import PRECISE, Maps
from netlang.records import replace

__all__ = ["with_plain_weights"]


def with_plain_weights(deployed: Deployed) -> Deployed:
    """`deployed` with numbers where convolutions standardised their weights."""
    if deployed.program.floats not in PRECISE:
        return deployed
    maps = Maps(deployed)
    changed: dict[int, Node] = {}
    folds = dict(deployed.folds)
    for number, node in enumerate(deployed.program.net.nodes):
        op = node.callee
        if isinstance(op, Conv) and op.standardize and maps.is_free(node):
            folds[node.module] = replace(maps.fold(node, folds), standardize=op.eps)
            plain = replace(op, standardize=False, eps=default_of(Conv, "eps"))
            changed[number] = replace(node, callee=plain)
    net = edited(deployed.program.net, changed, {})
    return replace(deployed.with_net(net), folds=folds)
