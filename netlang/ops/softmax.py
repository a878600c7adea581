"""Softmax and its logarithm: the elements along one axis as a distribution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, integer
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import Reach
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.axes import statistics
from netlang.ops.checks import axis_index, shape_text, the_input
from netlang.ops.derive import elements, sum_of

__all__ = ["LogSoftmax", "Softmax"]

_IMAGE = (TensorType((3, 4, 5)),)
_VECTOR = (TensorType((7,)),)


class _AlongAxis(Op):
    """Normalizes the elements along one axis to a distribution."""

    keeps_type: ClassVar[bool] = True
    per_element: ClassVar[int]
    axis: int | None

    @property
    def along(self) -> int:
        """The axis as it counts; that of a value with one axis needs no number."""
        return 0 if self.axis is None else self.axis

    def infer(self, inputs: Types) -> Inferred:
        x = the_input(self, inputs)
        axis_index(self, x, self.along)
        if self.axis is None and x.rank > 1:
            from netlang.diagnostics.language.shapes import AxisNeeded

            last = x.rank - 1
            axes = shape_text(x.shape)
            raise Rejection(AxisNeeded, operator=self.name, received=axes, last=last)
        return Inferred((x,))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * self.per_element)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return statistics(inputs[0].rank, (axis_index(self, inputs[0], self.along),))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return (sum_of("other operations", (*elements(inputs[0]), self.per_element)),)


@final
class Softmax(_AlongAxis):
    """Normalised exponentials along one axis: y_i = exp(x_i - m) / sum over j of exp(x_j - m).

    m is the maximum along the axis, which cancels and keeps the exponentials finite.

    Shape: [*] -> [*]. Other: 5 operations for each element (maximum, difference, exponential, sum,
    quotient).

    Source: Bridle 1990, Probabilistic Interpretation of Feedforward Classification Network Outputs.
    """

    name: ClassVar[str] = "softmax"
    in_half: ClassVar[InHalf] = InHalf.CURVE
    per_element: ClassVar[int] = 5

    axis: int | None = argument(
        integer,
        "axis that sums to 1; 0 is the channels. Needed where there are several",
        default=None,
    )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), _VECTOR)
        yield Case(cls(axis=-1), _IMAGE)
        yield Case(cls(axis=0), _IMAGE)
        yield Case(cls(axis=0), (TensorType((4, 3), batch=None),))


@final
class LogSoftmax(_AlongAxis):
    """Logarithm of `softmax`: y_i = x_i - m - log(sum over j of exp(x_j - m)).

    Shape: [*] -> [*]. Other: 5 operations for each element (maximum, two differences, exponential,
    sum).

    Source: Bridle 1990, Probabilistic Interpretation of Feedforward Classification Network Outputs.
    """

    name: ClassVar[str] = "log_softmax"
    in_half: ClassVar[InHalf] = InHalf.CURVE
    per_element: ClassVar[int] = 5

    axis: int | None = argument(
        integer,
        "axis that is normalised; 0 is the channels. Needed where there are several",
        default=None,
    )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), _VECTOR)
        yield Case(cls(axis=1), _IMAGE)
        yield Case(cls(axis=-1), (TensorType((4, 3), batch=None),))
