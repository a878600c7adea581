"""Reductions: one number made of all along some axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, flag
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op
from netlang.ir.reach import AxisRule, Everywhere, MappedAxes, Reach, Same
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.axes import axes, distinct_axes
from netlang.ops.checks import the_input
from netlang.ops.derive import changed, elements, sum_of

__all__ = ["Amax", "Amin", "Mean", "Reduction", "Sum"]

_IMAGE = (TensorType((3, 4, 5)),)


class Reduction(Op):
    """One number made of all along some axes, one operation for each element.

    `quotient` says that another one follows for each output.
    """

    quotient: ClassVar[bool] = False

    axes: int | tuple[int, ...] = argument(axes, "axes to reduce; 0 is the channels")
    keep: bool = argument(flag, "whether the axes stay, with size 1", default=False)

    def reduced(self, x: TensorType) -> tuple[int, ...]:
        """The axes that are reduced, counted from 0."""
        return distinct_axes(self, x, self.axes)

    def infer(self, inputs: Types) -> Inferred:
        x = the_input(self, inputs)
        gone = self.reduced(x)
        kept: list[Dim] = []
        for axis, size in enumerate(x.shape):
            if axis not in gone:
                kept.append(size)
            elif self.keep:
                kept.append(1)
        return Inferred((x.with_shape(*kept),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        last = self.infer(inputs).outputs[0].elements if self.quotient else 0
        return Cost(0, inputs[0].elements + last)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        gone, rank = self.reduced(inputs[0]), inputs[0].rank
        sources = tuple(axis for axis in range(rank) if self.keep or axis not in gone)
        rules: tuple[AxisRule, ...] = tuple(
            Everywhere() if axis in gone else Same() for axis in sources
        )
        return MappedAxes(sources, rules)

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        last = (elements(y),) if self.quotient else ()
        return (*changed(x, y), sum_of("other operations", elements(x), *last))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(axes=0), _IMAGE)
        yield Case(cls(axes=(-2, -1), keep=True), _IMAGE)
        yield Case(cls(axes=(1,)), (TensorType((7, 5)),))
        yield Case(cls(axes=-1), (TensorType((6,), batch=None),))
        yield Case(cls(axes=(2, 0)), _IMAGE)


@final
class Mean(Reduction):
    """Arithmetic mean along axes.

    Shape: [*] -> [*] without `axes`; with `keep`, they stay with size 1.
    Other: 1 operation for each element, and 1 for each output.

    Source: elementary statistics.
    """

    name: ClassVar[str] = "mean"
    in_half: ClassVar[InHalf] = InHalf.SUMS
    quotient: ClassVar[bool] = True


@final
class Sum(Reduction):
    """Sum along axes.

    Shape: [*] -> [*] without `axes`; with `keep`, they stay with size 1.
    Other: 1 operation for each element.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "sum"
    in_half: ClassVar[InHalf] = InHalf.SUMS


@final
class Amax(Reduction):
    """Maximum along axes. `max` is the maximum of several values.

    Shape: [*] -> [*] without `axes`; with `keep`, they stay with size 1.
    Other: 1 operation for each element.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "amax"
    in_half: ClassVar[InHalf] = InHalf.GAINS


@final
class Amin(Reduction):
    """Minimum along axes. `min` is the minimum of several values.

    Shape: [*] -> [*] without `axes`; with `keep`, they stay with size 1.
    Other: 1 operation for each element.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "amin"
    in_half: ClassVar[InHalf] = InHalf.GAINS
