"""Whole numbers and truth values as floats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Inferred, Rejection
from netlang.ir.reach import POINTWISE, Reach
from netlang.ir.types import DType, TensorType, Types
from netlang.ops.checks import inputs_of
from netlang.ops.layout import Rearrangement
from netlang.records import replace

__all__ = ["ToFloat"]


@final
class ToFloat(Rearrangement):
    """Whole numbers, such as the bytes of an image, or truth values (0 and 1) as floats.

    The floats are those of the net: of its other inputs, or float32.

    Shape: [*] -> [*]. Other: 0.

    Source: IEEE 754-2019, section 5.4.1 (convertFromInt).
    """

    name: ClassVar[str] = "to_float"
    in_half: ClassVar[InHalf] = InHalf.CURVE

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        if x.dtype.is_float:
            from netlang.diagnostics.language.shapes import WrongDType

            raise Rejection(
                WrongDType, input=0, operator=self.name, expected="integer or boolean",
                received=x.dtype.value, advice="leave it out: these are floats",
            )  # fmt: skip
        # In a net of other floats, what reads none is given their type.
        return Inferred((replace(x, dtype=DType.FLOAT32),))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return POINTWISE

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return ()

    @classmethod
    def cases(cls) -> Iterator[Case]:
        for dtype in (DType.UINT8, DType.INT64, DType.INT32, DType.BOOL):
            yield Case(cls(), (TensorType((3, 4, 5), dtype),))
