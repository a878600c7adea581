"""Normalisations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, epsilon, flag, positive_epsilon, probability
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import POINTWISE, Along, Grouped, OwnAndAll, Reach
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import Ones, Weight, Zeros
from netlang.ops.axes import axes, distinct_axes, statistics
from netlang.ops.checks import (
    batched,
    divisible,
    fixed,
    ranked,
    shape_text,
    spatial_input,
    the_input,
)
from netlang.ops.derive import weights_and_work
from netlang.ops.given import check_given, not_given
from netlang.ops.spatial import at_least, product

__all__ = ["BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm"]


def channels_of(op: Op, inputs: Types) -> int:
    """The number of channels, which determines the size of the weights."""
    return fixed(op, inputs[0].channels, "the input channels")


def scale_and_shift(shape: tuple[int, ...], bias: bool = True) -> tuple[Weight, ...]:
    """A learned factor, initially 1, and a learned summand, initially 0."""
    weight = Weight("weight", shape, Ones())
    return (weight, Weight("bias", shape, Zeros())) if bias else (weight,)


@final
class BatchNorm(Op):
    """Batch normalisation of each channel: y = (x - mean) / sqrt(var + eps) weight + bias.

    In training, mean and variance are those of the batch over all places, and running averages
    follow them: running = (1 - momentum) running + momentum batch (with the unbiased variance).
    When deployed, the running averages are used instead.

    Shape: [C] -> [C], [C, *size] -> [C, *size] with one to three spatial axes.
    Parameters: weight [C] and bias [C]; buffers: running_mean [C], running_var [C],
    num_batches_tracked.
    Other: 2 operations for each element, as deployed (mean, variance, weight and bias make one
    factor and one summand a channel).

    Source: Ioffe, Szegedy 2015, arXiv:1502.03167.
    """

    name: ClassVar[str] = "batch_norm"
    keeps_type: ClassVar[bool] = True
    in_half: ClassVar[InHalf] = InHalf.NORM
    weight_values: ClassVar[tuple[str, ...]] = ("weight", "bias")

    eps: float = argument(positive_epsilon, "added to the variance", default=1e-5)
    momentum: float = argument(
        probability, "share of the batch in the running averages", default=0.1
    )
    affine: bool = argument(flag, "whether to learn a factor and a summand a channel", default=True)

    def infer(self, inputs: Types) -> Inferred:
        x = batched(self, the_input(self, inputs))
        ranked(self, x, range(1, 5), "an input of shape [C] or [C, ...] with up to 3 spatial axes")
        channels_of(self, inputs)
        check_given(self, inputs)
        return Inferred((x,))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        shape = (channels_of(self, inputs),)
        return (
            *(not_given(self, scale_and_shift(shape)) if self.affine else ()),
            Weight("running_mean", shape, Zeros(), buffer=True),
            Weight("running_var", shape, Ones(), buffer=True),
            Weight("num_batches_tracked", (), Zeros(), buffer=True, dtype=DType.INT64),
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
        yield Case(cls(eps=1e-3, momentum=0.01), (TensorType((6,)),))
        yield Case(cls(affine=False), (TensorType((4, 7)),))
        yield Case(cls(), (TensorType((2, 3, 2, 4)),))


@final
class LayerNorm(Op):
    """Normalisation of each example along given axes: y = (x - mean) / sqrt(var + eps) w + b.

    Mean and variance are taken along `axes`, separately for each place of the other axes: by
    default along the last axis; with `axes=0`, along the channels at each place of an image.

    Shape: [*] -> [*]. Parameters: weight and bias of the sizes of `axes`, which must be fixed.
    Other: 5 for each element (sum, difference, square, sum of squares, factor), and 1 each for
    weight and bias.

    Source: Ba, Kiros, Hinton 2016, arXiv:1607.06450.
    """

    name: ClassVar[str] = "layer_norm"
    keeps_type: ClassVar[bool] = True
    in_half: ClassVar[InHalf] = InHalf.NORM
    weight_values: ClassVar[tuple[str, ...]] = ("weight", "bias")

    axes: int | tuple[int, ...] = argument(
        axes, "axes to normalise along; 0 is the channels", default=-1
    )
    eps: float = argument(epsilon, "added to the variance", default=1e-5)
    affine: bool = argument(flag, "whether to learn a factor for each element", default=True)
    bias: bool = argument(flag, "whether to learn a summand too, if affine", default=True)

    def infer(self, inputs: Types) -> Inferred:
        x = the_input(self, inputs)
        self._sizes(x)
        check_given(self, inputs)
        return Inferred((x,))

    def _sizes(self, x: TensorType) -> tuple[int, ...]:
        found = distinct_axes(self, x, self.axes)
        return tuple(fixed(self, x.shape[axis], f"axis {axis} of its input") for axis in found)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        every = scale_and_shift(self._sizes(inputs[0]), self.bias) if self.affine else ()
        return not_given(self, every)

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * self._per_element)

    @property
    def _per_element(self) -> int:
        return 5 + ((2 if self.bias else 1) if self.affine else 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return statistics(inputs[0].rank, distinct_axes(self, inputs[0], self.axes))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return weights_and_work(self, inputs, self._per_element)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((7, 5)),))
        yield Case(cls(axes=0, eps=1e-6), (TensorType((3, 4, 5)),))
        yield Case(cls(axes=(0, 1, 2)), (TensorType((3, 4, 5)),))
        yield Case(cls(axes=(-2, -1), bias=False), (TensorType((2, 3, 4)),))
        yield Case(cls(affine=False), (TensorType((6,)),))
        yield Case(cls(), (TensorType((4, 3), batch=None),))
        yield Case(cls(axes=0), (TensorType((4, 3, 2), batch=None),))


@final
class GroupNorm(Op):
    """Normalisation of each example over groups of channels: y = (x - mean)/sqrt(var + eps) w + b.

    Mean and variance are those of a group of C/groups channels at all places.

    Shape: [C, *] -> [C, *]. Parameters: weight [C] and bias [C].
    Other: 5 for each element (sum, difference, square, sum of squares, factor), and 1 each for
    weight and bias.

    Source: Wu, He 2018, arXiv:1803.08494.
    """

    name: ClassVar[str] = "group_norm"
    keeps_type: ClassVar[bool] = True
    in_half: ClassVar[InHalf] = InHalf.NORM
    one_example: ClassVar[bool] = True
    weight_values: ClassVar[tuple[str, ...]] = ("weight", "bias")

    groups: int = argument(count, "number of groups of channels")
    eps: float = argument(epsilon, "added to the variance", default=1e-5)
    affine: bool = argument(flag, "whether to learn a factor and a summand a channel", default=True)

    def infer(self, inputs: Types) -> Inferred:
        x = the_input(self, inputs)
        ranked(self, x, range(1, 5), "an input of shape [C] or [C, ...] with up to 3 spatial axes")
        divisible(self, channels_of(self, inputs), self.groups, "the input channels", "groups")
        check_given(self, inputs)
        return Inferred((x,))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        every = scale_and_shift((channels_of(self, inputs),)) if self.affine else ()
        return not_given(self, every)

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * (7 if self.affine else 5))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        channels = channels_of(self, inputs) // self.groups
        places = inputs[0].rank - 1
        return Along((Grouped(channels, channels), *(OwnAndAll(),) * places))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return weights_and_work(self, inputs, 7 if self.affine else 5)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(groups=2), (TensorType((4, 3, 5)),))
        yield Case(cls(groups=3, eps=1e-3), (TensorType((6,)),))
        yield Case(cls(groups=1, affine=False), (TensorType((4, 7)),))
        yield Case(cls(groups=2), (TensorType((4, 3), batch=None),))


@final
class InstanceNorm(Op):
    """Normalisation of each channel of each example: y = (x - mean) / sqrt(var + eps) w + b.

    Mean and variance are those of the channel over all places, in training and when deployed.

    Shape: [C, *size] -> [C, *size] with one to three spatial axes and more than one place.
    Parameters, if affine: weight [C] and bias [C].
    Other: 5 for each element (sum, difference, square, sum of squares, factor), and 1 each for
    weight and bias.

    Source: Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022.
    """

    name: ClassVar[str] = "instance_norm"
    keeps_type: ClassVar[bool] = True
    in_half: ClassVar[InHalf] = InHalf.NORM
    one_example: ClassVar[bool] = True
    weight_values: ClassVar[tuple[str, ...]] = ("weight", "bias")

    eps: float = argument(epsilon, "added to the variance", default=1e-5)
    affine: bool = argument(
        flag, "whether to learn a factor and a summand a channel", default=False
    )

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        channels_of(self, inputs)
        check_given(self, inputs)
        places = product(x.spatial)
        if isinstance(places, int) and places < 2:
            from netlang.diagnostics.language.shapes import TooFewElements

            raise Rejection(
                TooFewElements,
                input=0,
                operator=self.name,
                least=2,
                what="places in each channel",
                received=shape_text(x.shape),
                found=places,
                advice="normalise before the input shrinks so far, or use `batch_norm`",
            )
        return Inferred((x,), at_least(places, 2, "`instance_norm` needs more than one place"))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        every = scale_and_shift((channels_of(self, inputs),)) if self.affine else ()
        return not_given(self, every)

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * (7 if self.affine else 5))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return statistics(inputs[0].rank, range(1, inputs[0].rank))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return weights_and_work(self, inputs, 7 if self.affine else 5)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((3, 4, 5)),))
        yield Case(cls(eps=1e-3, affine=True), (TensorType((2, 7)),))
        yield Case(cls(), (TensorType((2, 3, 2, 4)),))
        yield Case(cls(), (TensorType((4, 3), batch=None),))
