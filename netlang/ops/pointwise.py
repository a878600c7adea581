"""The base of operators that treat every element separately."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from netlang.ir.derivation import Line
from netlang.ir.op import Case, Cost, Inferred, Op, Sample
from netlang.ir.reach import POINTWISE, Reach
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import the_input
from netlang.ops.derive import elements, sum_of

__all__ = ["PointwiseOp"]


class PointwiseOp(Op):
    """An operator without weights whose output has the type of its input.

    `per_element` counts the arithmetic operations of one element: each comparison, addition,
    multiplication, division, elementary function and erf is one. `samples` are the values that the
    operator is tried with.
    """

    per_element: ClassVar[int] = 1
    samples: ClassVar[tuple[Sample, ...]] = ()

    def infer(self, inputs: Types) -> Inferred:
        return Inferred((the_input(self, inputs),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * self.per_element)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return POINTWISE

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        if not self.per_element:
            return ()
        return (sum_of("other operations", (*elements(inputs[0]), self.per_element)),)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((3, 4, 5)),), samples=cls.samples)
        yield Case(cls(), (TensorType((3,), batch=None),), samples=cls.samples)
