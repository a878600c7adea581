"""Batch normalisation that no longer learns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, epsilon
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op
from netlang.ir.reach import POINTWISE, Reach
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Ones, Weight, Zeros
from netlang.ops.checks import batched, fixed, ranked, the_input
from netlang.ops.derive import weights_and_work

__all__ = ["FrozenBatchNorm"]


@final
class FrozenBatchNorm(Op):
    """Batch normalisation with constant statistics: y = (x - mean) / sqrt(var + eps) weight + bias.

    Mean, variance, weight and bias are those of pretraining, in training too: the statistics of a
    batch of a few large images would be poor.

    Shape: [C] -> [C], [C, *size] -> [C, *size] with one to three spatial axes.
    Parameters: none; buffers: weight [C], bias [C], running_mean [C], running_var [C].
    Other: 2 operations for each element (the four numbers of a channel make one factor and one
    summand).

    Source: Ren et al. 2015, arXiv:1506.01497, and He et al. 2015, arXiv:1512.03385, appendix A,
    which train detectors this way.
    """

    name: ClassVar[str] = "frozen_batch_norm"
    in_half: ClassVar[InHalf] = InHalf.NORM

    eps: float = argument(epsilon, "added to the variance", default=1e-5)

    def infer(self, inputs: Types) -> Inferred:
        x = batched(self, the_input(self, inputs))
        ranked(self, x, range(1, 5), "an input of shape [C] or [C, ...] with up to 3 spatial axes")
        fixed(self, x.channels, "the input channels")
        return Inferred((x,))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        shape = (fixed(self, inputs[0].channels, "the input channels"),)
        return (
            Weight("weight", shape, Ones(), buffer=True),
            Weight("bias", shape, Zeros(), buffer=True),
            Weight("running_mean", shape, Zeros(), buffer=True),
            Weight("running_var", shape, Ones(), buffer=True),
        )

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * 2)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return POINTWISE

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return weights_and_work(self, inputs, 2)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((3, 4, 5)),))
        yield Case(cls(eps=1e-3), (TensorType((6,)),))
        yield Case(cls(), (TensorType((4, 7)),))
        yield Case(cls(), (TensorType((2, 3, 2, 4)),))
