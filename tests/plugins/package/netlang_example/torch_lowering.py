"""How PyTorch source says `scaled_swish`."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import Lowered, constant, lower
from netlang.backends.torch.python.tree import Binary, Operand, call
from netlang.ir.types import Types
from netlang_example.ops import ScaledSwish

__all__: list[str] = []


@lower.register
def _scaled_swish(op: ScaledSwish, inputs: Types, outputs: Types) -> Lowered:
    inside = Binary("*", constant(op.slope), Operand(0))
    value = Binary("*", Operand(0), call("torch.sigmoid", inside))
    return Lowered(function=call("torch.abs", value) if op.sign == "dropped" else value)
