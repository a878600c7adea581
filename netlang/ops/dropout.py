"""Random omission in training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, final

from netlang.ir.arguments import argument, probability
from netlang.ir.op import Case
from netlang.ir.types import TensorType
from netlang.ops.pointwise import Pointwise

__all__ = ["Dropout"]


@final
@dataclass(frozen=True, kw_only=True)
class Dropout(Pointwise):
    """Sets elements to 0 at random in training and scales the others: y = x m / (1 - p).

    m is 1 with probability 1 - p, for each element by itself. When deployed, y = x.

    Shape: [*] -> [*]. Other: 0, as deployed.

    Source: Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting.
    """

    name: ClassVar[str] = "dropout"
    per_element: ClassVar[int] = 0

    p: float = field(default=0.5, metadata=argument(probability, "probability of leaving out"))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((6,)),))
        yield Case(cls(p=0.2), (TensorType((3, 4, 5)),))
