"""Leaves out the steps that do nothing when deployed.

Needs: a flat net. Ensures: no identity, dropout or stochastic depth is left.
"""

from __future__ import annotations

from netlang.ops.dropout import Dropout, StochasticDepth
from netlang.ops.merge import Identity
from netlang.passes.deployed import Deployed
from netlang.passes.flat import edited

__all__ = ["without_idle_steps"]

_IDLE = (Dropout, StochasticDepth, Identity)


def without_idle_steps(deployed: Deployed) -> Deployed:
    """`deployed` without the steps that hand on their input."""
    net = deployed.program.net
    instead = {
        number: node.inputs[0]
        for number, node in enumerate(net.nodes)
        if isinstance(node.callee, _IDLE)
    }
    return deployed.with_net(edited(net, {}, instead)) if instead else deployed
