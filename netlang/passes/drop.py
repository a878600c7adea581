"""Leaves out the steps that do nothing when deployed.

Needs: a flat net. Ensures: no identity, dropout or stochastic depth is left, and every value is
read by a later step or an output.
"""

from __future__ import annotations

from netlang.ops.idle import IDLE
from netlang.passes.deployed import Deployed
from netlang.passes.flat import edited

__all__ = ["without_idle_steps", "without_unread_steps"]


def without_unread_steps(deployed: Deployed) -> Deployed:
    """`deployed` without steps that lead to no output, such as outputs that a call doesn't read."""
    net = deployed.program.net
    needed = {output.ref.producer for output in net.outputs}
    for number in reversed(range(len(net.nodes))):
        if number in needed:
            needed.update(ref.producer for ref in net.nodes[number].inputs)
    unread = set(range(len(net.nodes))) - needed
    return deployed.with_net(edited(net, {}, {}, unread)) if unread else deployed


def without_idle_steps(deployed: Deployed) -> Deployed:
    """`deployed` without the steps that hand on their input."""
    net = deployed.program.net
    instead = {
        number: node.inputs[0]
        for number, node in enumerate(net.nodes)
        if isinstance(node.callee, IDLE)
    }
    return deployed.with_net(edited(net, {}, instead)) if instead else deployed
