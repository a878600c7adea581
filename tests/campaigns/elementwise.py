"""Operators that need no rules of their own in the campaigns: what their class says is enough."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ir.reach import POINTWISE

__all__ = ["is_elementwise"]


def is_elementwise(kind: type[Op]) -> bool:
    """Whether it takes any floats, one value of them, element by element, and has no weights."""
    return all(
        len(case.inputs) == 1
        and not case.samples
        and case.inputs[0].dtype.is_float
        and case.op.reach(case.inputs) == POINTWISE
        and not case.op.weights(case.inputs)
        for case in kind.cases()
    )
