"""Merges: arithmetic on branches, and concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from netlang.backends.torch.lowering.base import Lowered, applied, constant, dimension, lower
from netlang.backends.torch.python.tree import (
    Attribute,
    Binary,
    Constant,
    Expression,
    Index,
    ListDisplay,
    Operand,
    call,
    dotted,
)
from netlang.ir.types import DType, TensorType, Types
from netlang.ops.einsum import Einsum, with_batch
from netlang.ops.identity import Identity
from netlang.ops.merge import Add, Concat, Div, Matmul, Max, Min, Mul, Sub
from netlang.ops.to_float import ToFloat
from netlang.records import replace

__all__ = ["MOST_OPERANDS"]


# Operands that are written as one expression; more would nest deeper than Python reads.
MOST_OPERANDS = 32
_FLOATS = {
    DType.FLOAT32: "float", DType.FLOAT64: "double", DType.FLOAT16: "half",
    DType.BFLOAT16: "bfloat16",
}  # fmt: skip
"""The methods of tensors that convert."""


def _chained(operator: str, function: str, inputs: Types) -> Lowered:
    """``a + b + ...``; the backward pass of sums and products doesn't need their result."""
    operands: list[Expression] = [Operand(index) for index in range(len(inputs))]
    if len(operands) > MOST_OPERANDS:
        return replace(_folded(function, operands), overwritable=True)
    return Lowered(
        function=reduce(lambda left, right: Binary(operator, left, right), operands),
        overwritable=True,
    )


def _folded(function: str, operands: Sequence[Expression]) -> Lowered:
    return Lowered(function=call("folded", dotted(function), ListDisplay(tuple(operands))))


@lower.register
def _add(op: Add, inputs: Types, outputs: Types) -> Lowered:
    return _chained("+", "torch.add", inputs)


@lower.register
def _sub(op: Sub, inputs: Types, outputs: Types) -> Lowered:
    return _chained("-", "torch.sub", inputs)


@lower.register
def _mul(op: Mul, inputs: Types, outputs: Types) -> Lowered:
    return _chained("*", "torch.mul", inputs)


@lower.register
def _div(op: Div, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(function=Binary("/", Operand(0), Operand(1)))


@lower.register
def _max(op: Max, inputs: Types, outputs: Types) -> Lowered:
    return _nested("torch.maximum", inputs)


@lower.register
def _min(op: Min, inputs: Types, outputs: Types) -> Lowered:
    return _nested("torch.minimum", inputs)


def _nested(function: str, inputs: Types) -> Lowered:
    """A function of two values, applied to the first two, then to that and the next."""
    operands: list[Expression] = [Operand(index) for index in range(len(inputs))]
    if len(operands) > MOST_OPERANDS:
        return _folded(function, operands)
    return Lowered(function=reduce(lambda left, right: call(function, left, right), operands))


@lower.register
def _concat(op: Concat, inputs: Types, outputs: Types) -> Lowered:
    batched = [place for place, x in enumerate(inputs) if x.batch is not None]
    operands = ListDisplay(tuple(_each(index, x, batched[:1]) for index, x in enumerate(inputs)))
    dim = constant(dimension(op.axis, outputs[0]))
    return Lowered(function=call("torch.cat", operands, dim), overwritable=True)


def _each(index: int, x: TensorType, batched: Sequence[int]) -> Expression:
    """An operand of a concatenation: learned tensors are repeated for every example, if any."""
    if not batched or x.batch is not None:
        return Operand(index)
    examples = Index(Attribute(Operand(batched[0]), "shape"), Constant(0))
    kept = (Constant(-1),) * x.rank
    return applied(Attribute(Operand(index), "expand"), examples, *kept)


@lower.register
def _identity(op: Identity, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(constructor=call("nn.Identity"), function=Operand(0))


@lower.register
def _to_float(op: ToFloat, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(function=applied(Attribute(Operand(0), _FLOATS[outputs[0].dtype])))


@lower.register
def _matmul(op: Matmul, inputs: Types, outputs: Types) -> Lowered:
    return Lowered(function=Binary("@", Operand(0), Operand(1)))


@lower.register
def _einsum(op: Einsum, inputs: Types, outputs: Types) -> Lowered:
    """With a letter for the batch, in the terms of the values that have one."""
    operands = (Operand(index) for index in range(len(inputs)))
    formula = constant(with_batch(op, inputs, outputs[0]))
    return Lowered(function=call("torch.einsum", formula, *operands))
