"""Normalisation by neighbouring channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, non_negative, number
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op
from netlang.ir.reach import Along, Reach, Same, Window
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import spatial_input
from netlang.ops.derive import elements, sum_of

__all__ = ["LocalResponseNorm"]


@final
class LocalResponseNorm(Op):
    """Each element divided by a power of the mean square of neighbouring channels.

    y[c] = x[c] / (k + alpha/size sum over j of x[j]^2)^beta, j from c - size // 2 to c + (size - 1)
    // 2 where channels exist. The 2012 paper has no division of alpha by size: its alpha = 1e-4,
    size = 5 is alpha=5e-4 here.

    Shape: [C, *size] -> [C, *size].
    Other: size + 4 for each element (square, sum of `size` squares, factor, summand, power,
    quotient).

    Source: Krizhevsky, Sutskever, Hinton 2012, ImageNet Classification with Deep Convolutional
    Neural Networks, section 3.3.
    """

    name: ClassVar[str] = "local_response_norm"
    keeps_type: ClassVar[bool] = True
    in_half: ClassVar[InHalf] = InHalf.NORM
    one_example: ClassVar[bool] = True

    size: int = argument(count, "number of channels that are neighbours")
    alpha: float = argument(non_negative, "factor of the mean square", default=1e-4)
    beta: float = argument(number, "exponent", default=0.75)
    k: float = argument(non_negative, "summand", default=1.0)

    def infer(self, inputs: Types) -> Inferred:
        return Inferred((spatial_input(self, inputs),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * (self.size + 4))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        near = Window(self.size, before=self.size // 2)
        return Along((near, *(Same(),) * (inputs[0].rank - 1)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return (sum_of("other operations", (*elements(inputs[0]), self.size + 4)),)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(size=5, alpha=5e-4, k=2.0), (TensorType((8, 4, 5)),))
        yield Case(cls(size=2, alpha=1.0, beta=0.5), (TensorType((3, 7)),))
        yield Case(cls(size=3), (TensorType((5, 2, 3)),))
        yield Case(cls(size=3), (TensorType((4, 3, 2), batch=None),))
