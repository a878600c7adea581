"""Merges: arithmetic on the branches, and concatenation."""

from __future__ import annotations

from functools import reduce

from netlang.backends.torch.lowering.base import Lowered, constant, dimension, lower
from netlang.backends.torch.python.tree import (
    Binary,
    Expression,
    ListDisplay,
    Operand,
    call,
)
from netlang.ir.types import Types
from netlang.ops.merge import Add, Concat, Identity, Matmul, Max, Mul, Sub

__all__: list[str] = []


def _chained(operator: str, inputs: Types) -> Lowered:
    """``a + b + ...``; neither sums nor products need their result to go backwards."""
    operands: list[Expression] = [Operand(index) for index in range(len(inputs))]
    return Lowered(
        function=reduce(lambda left, right: Binary(operator, left, right), operands),
        overwritable=True,
    )


@lower.register
def _add(op: Add, inputs: Types, outputs: Types) -> Lowered:
    return _chained("+", inputs)


@lower.register
def _sub(op: Sub, inputs: Types, outputs: Types) -> Lowered:
    return _chained("-", inputs)


@lower.register
def _mul(op: Mul, inputs: Types, outputs: Types) -> Lowered:
    return _chained("*", inputs)


@lower.register
def _max(op: Max, inputs: Types, outputs: Types) -> Lowered:
    operands: list[Expression] = [Operand(index) for index in range(len(inputs))]
    return Lowered(
        function=reduce(lambda left, right: call("torch.maximum", left, right), operands)
    )


@lower.register
def _concat(op: Concat, inputs: Types, outputs: Types) -> Lowered:
    operands = ListDisplay(tuple(Operand(index) for index in range(len(inputs))))
    dim = constant(dimension(op.axis, outputs[0]))
    return Lowered(function=call("torch.cat", operands, dim), overwritable=True)


@lower.register
def _identity(op: Identity, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(constructor=call("nn.Identity"), function=Operand(0))


@lower.register
def _matmul(op: Matmul, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(function=Binary("@", Operand(0), Operand(1)))
