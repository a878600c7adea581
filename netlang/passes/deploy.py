"""All passes for deployment, in their order."""

from __future__ import annotations

from netlang.ir.program import Program
from netlang.passes.deployed import Deployed
from netlang.passes.drop import without_idle_steps
from netlang.passes.flat import flat
from netlang.passes.fold_affine import folded_after, folded_before
from netlang.passes.plain_weights import with_plain_weights

__all__ = ["deploy"]


def deploy(program: Program) -> Deployed:
    """`program` as it is deployed: flat, without idle steps, with batch norms folded."""
    deployed = flat(program)
    for rewrite in (without_idle_steps, with_plain_weights, folded_after, folded_before):
        deployed = rewrite(deployed)
    return deployed
