"""Finds out whether a net draws random numbers in training, as dropout does."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ir.program import Function
from netlang.ops import all_operators
from netlang.ops.attention import MultiHeadAttention
from netlang.ops.drop_connect import DropConnect
from netlang.ops.dropout import Dropout, StochasticDepth
from netlang.ops.random import GaussianSample
from netlang.ops.recurrent import Recurrent
from netlang.ops.scaled_attention import Attention

__all__ = ["draws", "operator_draws"]


def draws(net: Function) -> bool:
    """Whether a step of `net`, or of a block in it, draws; each block is visited once."""
    seen, left = set[int](), [net]
    while left:
        function = left.pop()
        for node in function.nodes:
            if isinstance(node.callee, Op):
                if operator_draws(node.callee):
                    return True
            elif id(node.callee) not in seen:
                seen.add(id(node.callee))
                left.append(node.callee)
    return False


def operator_draws(op: Op) -> bool:
    """Whether an operator draws. A plugin's operator is unknown, so it may."""
    match op:
        case Dropout(p=p) | StochasticDepth(p=p) | DropConnect(p=p):
            return p > 0
        case MultiHeadAttention(dropout=p) | Attention(dropout=p):
            return p > 0
        case Recurrent(dropout=p):
            return p > 0
        case GaussianSample():
            return True
        case _:
            return type(op) not in all_operators()
