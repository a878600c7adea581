"""Operators on the vector of channels at each place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, flag, integer, non_negative, number
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op
from netlang.ir.reach import POINTWISE, Along, Reach, Same, Window
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Constant, Weight
from netlang.ops.axes import statistics
from netlang.ops.checks import axis_index, divisible, fixed, the_input
from netlang.ops.derive import elements, numbers, out_axis, sum_of, weights_and_work
from netlang.ops.tracing import traced_floor_div

__all__ = ["L2Normalize", "Maxout", "Prelu"]

_IMAGE = (TensorType((6, 4, 5)),)


@final
class Prelu(Op):
    """ReLU with a learned slope below 0: y = x if x > 0, else weight x.

    Shape: [C, *] -> [C, *]. Parameters: weight [1], or [C] with `per_channel=true`.
    Other: 2 operations for each element.

    Source: He et al. 2015, Delving Deep into Rectifiers, arXiv:1502.01852.
    """

    name: ClassVar[str] = "prelu"
    keeps_type: ClassVar[bool] = True
    in_half: ClassVar[InHalf] = InHalf.GAINS
    one_example: ClassVar[bool] = True
    in_its_type: ClassVar[tuple[str, ...]] = ("init",)

    per_channel: bool = argument(flag, "whether each channel has a slope of its own", default=False)
    init: float = argument(number, "the slope to start with", default=0.25)

    def infer(self, inputs: Types) -> Inferred:
        x = the_input(self, inputs)
        self._slopes(x)
        return Inferred((x,))

    def _slopes(self, x: TensorType) -> int:
        return fixed(self, x.channels, "the input channels") if self.per_channel else 1

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return (Weight("weight", (self._slopes(inputs[0]),), Constant(self.init)),)

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * 2)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return POINTWISE

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return weights_and_work(self, inputs, 2)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), _IMAGE)
        yield Case(cls(per_channel=True, init=0.1), _IMAGE)
        yield Case(cls(per_channel=True), (TensorType((4,)),))
        yield Case(cls(per_channel=True), (TensorType((4, 3), batch=None),))


@final
class Maxout(Op):
    """Maximum of every `pieces` consecutive channels: y[c] = max over k of x[pieces c + k].

    Shape: [C, *] -> [C / pieces, *]. Other: pieces - 1 comparisons for each output.

    Source: Goodfellow et al. 2013, Maxout Networks, arXiv:1302.4389.
    """

    name: ClassVar[str] = "maxout"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    one_example: ClassVar[bool] = True

    pieces: int = argument(count, "number of channels that make one")

    def infer(self, inputs: Types) -> Inferred:
        x = the_input(self, inputs)
        channels = fixed(self, x.channels, "the input channels")
        divisible(self, channels, self.pieces, "the input channels", "pieces")
        left = traced_floor_div(channels, self.pieces)
        return Inferred((x.with_shape(left, *x.spatial),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, self.infer(inputs).outputs[0].elements * (self.pieces - 1))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        made = Window(self.pieces, stride=self.pieces)
        return Along((made, *(Same(),) * (inputs[0].rank - 1)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        (channels,) = numbers((x.channels,))
        out = Line(out_axis(y.rank, 0), f"{channels}/{self.pieces}", channels // self.pieces)
        return (out, sum_of("other operations", (*elements(y), self.pieces - 1)))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(pieces=2), _IMAGE)
        yield Case(cls(pieces=3), (TensorType((9,)),))
        yield Case(cls(pieces=2), (TensorType((4, 3), batch=None),))


@final
class L2Normalize(Op):
    """Vectors scaled to length 1: y = x / max(sqrt(sum of x^2), eps), sums along `axis`.

    If the type of `x` would round `eps` to 0, as float16 does 1e-12, its smallest positive number
    is used. So the zero vector stays zero.

    Shape: [*] -> [*]. Other: 3 operations for each element (square, sum, quotient).

    Source: Liu, Rabinovich, Berg 2015, ParseNet, arXiv:1506.04579.
    """

    name: ClassVar[str] = "l2_normalize"
    keeps_type: ClassVar[bool] = True
    in_half: ClassVar[InHalf] = InHalf.NORM
    in_its_type: ClassVar[tuple[str, ...]] = ("eps",)

    axis: int = argument(integer, "axis that the vectors lie along; 0 is the channels", default=0)
    eps: float = argument(non_negative, "the least length to divide by", default=1e-12)

    def infer(self, inputs: Types) -> Inferred:
        x = the_input(self, inputs)
        axis_index(self, x, self.axis)
        return Inferred((x,))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * 3)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return statistics(inputs[0].rank, (axis_index(self, inputs[0], self.axis),))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return (sum_of("other operations", (*elements(inputs[0]), 3)),)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), _IMAGE)
        yield Case(cls(axis=-1, eps=0.1), _IMAGE)
        yield Case(cls(), (TensorType((4, 3), batch=None),))
