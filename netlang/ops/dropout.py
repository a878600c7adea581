"""Random omission in training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, probability
from netlang.ir.half import InHalf
from netlang.ir.op import Case
from netlang.ir.types import TensorType
from netlang.ops.pointwise import PointwiseOp

__all__ = ["Dropout", "StochasticDepth"]


@final
class Dropout(PointwiseOp):
    """Sets elements to 0 at random in training and scales the others: y = x m / (1 - p).

    m is 1 with probability 1 - p, independently for each element. When deployed, y = x.

    Shape: [*] -> [*]. Other: 0, as deployed.

    Source: Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting.
    """

    name: ClassVar[str] = "dropout"
    in_half: ClassVar[InHalf] = InHalf.MOVES
    per_element: ClassVar[int] = 0

    p: float = argument(probability, "probability of leaving out", default=0.5)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((6,)),))
        yield Case(cls(p=0.2), (TensorType((3, 4, 5)),))


@final
class StochasticDepth(PointwiseOp):
    """Sets whole examples to 0 at random in training and scales the others: y = x m / (1 - p).

    m is 1 with probability 1 - p, for each example (`mode=row`) or for the whole batch
    (`mode=batch`). Applied to the body of a residual block, it keeps the shortcut. When deployed, y
    = x.

    Shape: [*] -> [*]. Other: 0, as deployed.

    Source: Huang et al. 2016, Deep Networks with Stochastic Depth, arXiv:1603.09382.
    """

    name: ClassVar[str] = "stochastic_depth"
    in_half: ClassVar[InHalf] = InHalf.MOVES
    per_element: ClassVar[int] = 0

    p: float = argument(probability, "probability of leaving out")
    mode: str = argument(choice("row", "batch"), "what is left out at a time", default="row")

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(p=0.2), (TensorType((3, 4, 5)),))
        yield Case(cls(p=0.5, mode="batch"), (TensorType((6,)),))
