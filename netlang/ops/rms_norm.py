"""Normalisation by the root mean square."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, flag, positive_epsilon
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op
from netlang.ir.reach import Reach
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Ones, Weight
from netlang.ops.axes import axes, distinct_axes, statistics
from netlang.ops.checks import fixed, the_input
from netlang.ops.derive import weights_and_work
from netlang.ops.given import check_given, not_given

__all__ = ["RmsNorm"]


@final
class RmsNorm(Op):
    """Each example divided by its root mean square along axes: y = x / sqrt(mean(x^2) + eps) w.

    The mean is taken along `axes`, separately for each place of the other axes: by default along
    the last axis.

    Shape: [*] -> [*]. Parameters: weight of the sizes of `axes`, which must be fixed.
    Other: 3 for each element (square, sum of squares, factor), and 1 for the weight.

    Source: Zhang, Sennrich 2019, Root Mean Square Layer Normalization, arXiv:1910.07467.
    """

    name: ClassVar[str] = "rms_norm"
    keeps_type: ClassVar[bool] = True
    in_half: ClassVar[InHalf] = InHalf.NORM
    one_example: ClassVar[bool] = True
    weight_values: ClassVar[tuple[str, ...]] = ("weight",)

    axes: int | tuple[int, ...] = argument(
        axes, "axes to normalise along; 0 is the channels", default=-1
    )
    eps: float = argument(positive_epsilon, "added to the mean of the squares", default=1e-6)
    affine: bool = argument(flag, "whether to learn a factor for each element", default=True)

    def infer(self, inputs: Types) -> Inferred:
        x = the_input(self, inputs)
        self._sizes(x)
        check_given(self, inputs)
        return Inferred((x,))

    def _sizes(self, x: TensorType) -> tuple[int, ...]:
        found = distinct_axes(self, x, self.axes)
        return tuple(fixed(self, x.shape[axis], f"axis {axis} of its input") for axis in found)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        every = (Weight("weight", self._sizes(inputs[0]), Ones()),) if self.affine else ()
        return not_given(self, every)

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * (4 if self.affine else 3))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return statistics(inputs[0].rank, distinct_axes(self, inputs[0], self.axes))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return weights_and_work(self, inputs, 4 if self.affine else 3)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((7, 5)),))
        yield Case(cls(axes=0, eps=1e-3), (TensorType((3, 4, 5)),))
        yield Case(cls(axes=(-2, -1)), (TensorType((2, 3, 4)),))
        yield Case(cls(axes=(2, 0)), (TensorType((2, 3, 4)),))
        yield Case(cls(affine=False), (TensorType((6,)),))
        yield Case(cls(axes=0), (TensorType((4, 3), batch=None),))
