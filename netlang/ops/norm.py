"""Normalisations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, final

from netlang.ir.arguments import argument, flag, number, probability
from netlang.ir.op import Case, Cost, Inferred, Op, Reach, Window
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import Ones, Weight, Zeros
from netlang.ops.checks import batched, fixed, ranked, the_input

__all__ = ["BatchNorm"]


def channels_of(op: Op, inputs: Types) -> int:
    """The channels, which weights are sized by."""
    return fixed(op, inputs[0].channels, "the input channels")


def scale_and_shift(shape: tuple[int, ...], bias: bool = True) -> tuple[Weight, ...]:
    """A learned factor that starts at 1 and a learned summand that starts at 0."""
    weight = Weight("weight", shape, Ones())
    return (weight, Weight("bias", shape, Zeros())) if bias else (weight,)


@final
@dataclass(frozen=True, kw_only=True)
class BatchNorm(Op):
    """Batch normalisation of each channel: y = (x - mean) / sqrt(var + eps) weight + bias.

    In training mean and variance are those of the batch and all places, and running averages
    follow them: running = (1 - momentum) running + momentum batch (with the unbiased variance).
    When deployed, the running averages stand for both.

    Shape: [C] -> [C], [C, *size] -> [C, *size] with one to three spatial axes.
    Parameters: weight [C] and bias [C]; buffers: running_mean [C], running_var [C],
    num_batches_tracked.
    Other: 2 operations for each element, as deployed (mean, variance, weight and bias make one
    factor and one summand a channel).

    Source: Ioffe, Szegedy 2015, arXiv:1502.03167.
    """

    name: ClassVar[str] = "batch_norm"

    eps: float = field(default=1e-5, metadata=argument(number, "added to the variance"))
    momentum: float = field(
        default=0.1, metadata=argument(probability, "share of the batch in the running averages")
    )
    affine: bool = field(
        default=True, metadata=argument(flag, "whether to learn a factor and a summand a channel")
    )

    def infer(self, inputs: Types) -> Inferred:
        x = batched(self, the_input(self, inputs))
        ranked(self, x, range(1, 5), "an input of shape [C] or [C, ...] with up to 3 spatial axes")
        channels_of(self, inputs)
        return Inferred((x,))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        shape = (channels_of(self, inputs),)
        return (
            *(scale_and_shift(shape) if self.affine else ()),
            Weight("running_mean", shape, Zeros(), buffer=True),
            Weight("running_var", shape, Ones(), buffer=True),
            Weight("num_batches_tracked", (), Zeros(), buffer=True, dtype=DType.INT64),
        )

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * 2)

    def reach(self, inputs: Types) -> Reach:
        return Window()

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((3, 4, 5)),))
        yield Case(cls(eps=1e-3, momentum=0.01), (TensorType((6,)),))
        yield Case(cls(affine=False), (TensorType((4, 7)),))
        yield Case(cls(), (TensorType((2, 3, 2, 4)),))
