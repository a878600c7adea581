"""The operator: everything netlang needs to know of it but how backends write it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, number
from netlang.ir.op import Case
from netlang.ir.types import TensorType
from netlang.ops.pointwise import PointwiseOp

__all__ = ["ScaledSwish"]


@final
class ScaledSwish(PointwiseOp, kw_only=True):
    """Swish with a slope: y = x sigmoid(slope x), or its absolute value.

    Shape: [*] -> [*]. Other: 5 operations for each element.

    Source: Ramachandran, Zoph, Le 2017, arXiv:1710.05941.
    """

    name: ClassVar[str] = "scaled_swish"
    per_element: ClassVar[int] = 5

    slope: float = argument(number, "factor inside the sigmoid", default=1.0)
    sign: str = argument(choice("kept", "dropped"), "whether y keeps its sign", default="kept")

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(slope=1.5), (TensorType((3, 4, 4)),))
