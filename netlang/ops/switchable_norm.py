"""Normalisation by a learned mix of statistics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, epsilon, probability
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op
from netlang.ir.reach import Reach
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Ones, Weight, Zeros
from netlang.ops.axes import statistics
from netlang.ops.checks import batched, spatial_input
from netlang.ops.derive import weights_and_work
from netlang.ops.norm import channels_of, scale_and_shift

__all__ = ["SwitchableNorm"]

# For each element: sum, square, sum of squares, factor and summand.
PER_ELEMENT = 5


@final
class SwitchableNorm(Op):
    """Normalisation that learns which statistics to use: y = (x - m) / sqrt(v + eps) weight + bias.

    m = a_1 m_in + a_2 m_ln + a_3 m_bn and v = b_1 v_in + b_2 v_ln + b_3 v_bn, with a the softmax of
    mean_weight and b that of var_weight. m_in and v_in are mean and variance of a channel of one
    example at all places (as in `instance_norm`), m_ln and v_ln those of all its channels
    (`layer_norm`), m_bn and v_bn those of the channel in the whole batch (`batch_norm`); variances
    are divided by n. In training, running averages follow the last two: running = (1 - momentum)
    running + momentum batch. When deployed, the running averages are used instead.

    Shape: [C, *size] -> [C, *size] with one to three spatial axes.
    Parameters: weight [C] and bias [C], mean_weight [3] and var_weight [3], initially equal;
    buffers: running_mean [C], running_var [C].
    Other: 5 for each element, as deployed (sum, square, sum of squares, factor, summand); numbers
    that exist once per channel aren't counted.

    Source: Luo et al. 2018, Differentiable Learning-to-Normalize via Switchable Normalization,
    arXiv:1806.10779. The authors' code divides variances by n - 1.
    """

    name: ClassVar[str] = "switchable_norm"
    keeps_type: ClassVar[bool] = True
    in_half: ClassVar[InHalf] = InHalf.NORM

    eps: float = argument(epsilon, "added to the variance", default=1e-5)
    momentum: float = argument(
        probability, "share of the batch in the running averages", default=0.1
    )

    def infer(self, inputs: Types) -> Inferred:
        x = batched(self, spatial_input(self, inputs))
        channels_of(self, inputs)
        return Inferred((x,))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        shape = (channels_of(self, inputs),)
        return (
            *scale_and_shift(shape),
            Weight("mean_weight", (3,), Ones()),
            Weight("var_weight", (3,), Ones()),
            Weight("running_mean", shape, Zeros(), buffer=True),
            Weight("running_var", shape, Ones(), buffer=True),
        )

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * PER_ELEMENT)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return statistics(inputs[0].rank, range(inputs[0].rank))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return weights_and_work(self, inputs, PER_ELEMENT)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((3, 4, 5)),))
        yield Case(cls(eps=1e-3, momentum=0.01), (TensorType((4, 7)),))
        yield Case(cls(), (TensorType((2, 3, 2, 4)),))
