"""Normalisations."""

from __future__ import annotations

from dataclasses import replace

from netlang.backends.torch.lowering.base import Lowered, constant, layer, lower, number, option
from netlang.backends.torch.python.tree import dotted
from netlang.ir.types import Types
from netlang.ops.norm import BatchNorm

__all__: list[str] = []


@lower.register
def _batch_norm(op: BatchNorm, inputs: Types, outputs: Types) -> Lowered:
    rank = max(inputs[0].rank - 1, 1)
    lowered = layer(
        dotted(f"nn.BatchNorm{rank}d"),
        None,
        number(inputs[0].channels, "num_features"),
        option("eps", number(op.eps, "eps"), 1e-5),
        option("momentum", number(op.momentum, "momentum"), 0.1),
        option("affine", constant(op.affine), True),
        light=True,
    )
    return replace(lowered, overwritable=True)
