"""Operators that need a batch, applied to a value without one: as to a batch of one example."""

from __future__ import annotations

from netlang.backends.torch.lowering.base import Lowered, lower
from netlang.backends.torch.lowering.given import lower_given
from netlang.backends.torch.python.traverse import map_expression
from netlang.backends.torch.python.tree import Constant, Expression, Index, Operand
from netlang.ir.op import Op
from netlang.ir.types import TensorType, Types
from netlang.records import replace

__all__ = ["lowered"]


def lowered(op: Op, inputs: Types, outputs: Types) -> Lowered:
    """The step that applies `op`, for values with a batch axis or without one."""
    apply = lower_given if op.given else lower
    if not op.one_example or inputs[0].batch is not None:
        return apply(op, inputs, outputs)
    step = apply(op, (_example(inputs[0]), *inputs[1:]), tuple(map(_example, outputs)))
    function = None if step.function is None else _around(step.function)
    return replace(step, apply=_around(step.apply), function=function, overwritable=False)


def _example(x: TensorType) -> TensorType:
    return replace(x, batch=1)


def _around(part: Expression) -> Expression:
    """``part[0]`` with ``x[None]`` for its input ``x``."""

    def change(inner: Expression) -> Expression:
        return Index(inner, Constant(None)) if inner == Operand(0) else inner

    return Index(map_expression(part, change), Constant(0))
