"""All passes for deployment, in their order."""

from __future__ import annotations

from netlang.ir.program import Program
from netlang.ir.verification import asked
from netlang.passes.deployed import Deployed
from netlang.passes.drop import without_idle_steps, without_unread_steps
from netlang.passes.flat import flattened
from netlang.passes.fold_affine import folded_after, folded_before
from netlang.passes.plain_weights import with_plain_weights

__all__ = ["deploy"]


PASSES = (
    without_unread_steps, without_idle_steps, with_plain_weights, folded_after, folded_before,
)  # fmt: skip


def deploy(program: Program) -> Deployed:
    """`program` as it is deployed: flat, with every step needed, and batch norms folded."""
    deployed = flattened(program)
    for rewrite in PASSES:
        deployed = rewrite(deployed)
        if asked():
            from netlang.ir.verify import verify

            verify(deployed.program, deployed.moved)
    return deployed
