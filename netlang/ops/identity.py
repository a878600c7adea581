"""The identity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Inferred
from netlang.ir.reach import POINTWISE, Reach
from netlang.ir.types import BATCH, DType, TensorType, Types
from netlang.ops.checks import inputs_of
from netlang.ops.layout import Rearrangement

__all__ = ["Identity"]


@final
class Identity(Rearrangement):
    """The unchanged value: y = x. The empty branch of a merge.

    Shape: [*] -> [*], of any element type. Other: 0.

    Source: He et al. 2015, Deep Residual Learning for Image Recognition, arXiv:1512.03385.
    """

    name: ClassVar[str] = "identity"
    in_half: ClassVar[InHalf] = InHalf.MOVES

    def infer(self, inputs: Types) -> Inferred:
        return Inferred((inputs_of(self, inputs)[0],))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return POINTWISE

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return ()

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((3, 4, 5)),))
        yield Case(cls(), (TensorType((4,), dtype=DType.INT64, batch=BATCH),))
