"""Given factors and summands: numbers that are neither learned nor stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, TypeAlias, final

from netlang.ir.arguments import Kind, Mismatch, argument, number
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import POINTWISE, Reach
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import fixed, ranked, shape_text, the_input
from netlang.ops.derive import elements, sum_of

__all__ = ["Numbers", "Scale"]

Numbers: TypeAlias = float | tuple[float, ...]


def _numbers(value: object) -> object:
    if not isinstance(value, tuple):
        return number.convert(value)
    if not value:
        raise Mismatch("an empty list")
    return tuple(number.convert(item) for item in value)


_KIND = Kind("a number, or a list of one for each channel", _numbers)


@final
class Scale(Op):
    """Given factors and summands: y = by x + offset.

    Each of them is one number, or a list of one for each channel. They are part of the net's
    definition: no weight holds them.

    Shape: [C, *] -> [C, *]. Other: 1 operation for each element, and 1 for the offset unless it
    is 0.

    Source: the scaled residuals of Szegedy et al. 2016, Inception-v4, arXiv:1602.07261.
    """

    name: ClassVar[str] = "scale"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    in_its_type: ClassVar[tuple[str, ...]] = ("by", "offset")

    by: Numbers = argument(_KIND, "factor, or a list of one for each channel")
    offset: Numbers = argument(_KIND, "summand, or a list of one for each channel", default=0.0)

    def infer(self, inputs: Types) -> Inferred:
        x = the_input(self, inputs)
        for name, given in (("by", self.by), ("offset", self.offset)):
            if isinstance(given, tuple):
                self._one_for_each(x, name, len(given))
        return Inferred((x,))

    def _one_for_each(self, x: TensorType, name: str, given: int) -> None:
        ranked(self, x, range(1, 99), "channels for its list, [C, ...]")
        channels = fixed(self, x.channels, "the input channels")
        if given != channels:
            from netlang.diagnostics.language.arithmetic import NumbersForChannels

            raise Rejection(
                NumbersForChannels, argument=name, operator=self.name, parameter=name,
                given=given, channels=channels, received=shape_text(x.shape),
            )  # fmt: skip

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    @property
    def _per_element(self) -> int:
        return 1 if self.offset == 0.0 else 2

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * self._per_element)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return POINTWISE

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return (sum_of("other operations", (*elements(inputs[0]), self._per_element)),)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        image = (TensorType((3, 4, 5)),)
        yield Case(cls(by=0.17), image)
        yield Case(cls(by=-2.0, offset=0.5), image)
        yield Case(cls(by=1.0, offset=(0.1, -0.2, 0.3)), image)
        yield Case(cls(by=(0.5, 1.0, 2.0), offset=(1.0, 0.0, -1.0)), image)
        yield Case(cls(by=(0.5, 2.0)), (TensorType((2,), batch=None),))
