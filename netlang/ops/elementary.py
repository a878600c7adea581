"""Elementary functions of each element."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, number
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection, Sample
from netlang.ir.reach import POINTWISE, Reach
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import the_input
from netlang.ops.derive import elements, sum_of
from netlang.ops.pointwise import PointwiseOp

__all__ = ["Abs", "Clamp", "Cos", "Exp", "Log", "Neg", "Pow", "Round", "Rsqrt", "Sin", "Sqrt"]

_IMAGE = (TensorType((3, 4, 5)),)
_LEARNED = (TensorType((3,), batch=None),)
_POSITIVE = (Sample.POSITIVE,)


@final
class Exp(PointwiseOp):
    """Exponential function: y = e^x.

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: elementary analysis.
    """

    name: ClassVar[str] = "exp"
    in_half: ClassVar[InHalf] = InHalf.CURVE


@final
class Log(PointwiseOp):
    """Natural logarithm: y = ln(x). It is -inf at 0 and undefined (nan) below.

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: elementary analysis.
    """

    name: ClassVar[str] = "log"
    in_half: ClassVar[InHalf] = InHalf.CURVE
    samples: ClassVar[tuple[Sample, ...]] = (Sample.POSITIVE,)


@final
class Sin(PointwiseOp):
    """Sine of an angle in radians: y = sin(x).

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: elementary trigonometry; as positions: Vaswani et al. 2017, arXiv:1706.03762.
    """

    name: ClassVar[str] = "sin"
    in_half: ClassVar[InHalf] = InHalf.PLACES


@final
class Cos(PointwiseOp):
    """Cosine of an angle in radians: y = cos(x).

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: elementary trigonometry; as positions: Vaswani et al. 2017, arXiv:1706.03762.
    """

    name: ClassVar[str] = "cos"
    in_half: ClassVar[InHalf] = InHalf.PLACES


@final
class Sqrt(PointwiseOp):
    """Square root: y = sqrt(x). It is undefined (nan) below 0.

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: elementary analysis.
    """

    name: ClassVar[str] = "sqrt"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    samples: ClassVar[tuple[Sample, ...]] = (Sample.POSITIVE,)


@final
class Rsqrt(PointwiseOp):
    """Reciprocal square root: y = 1 / sqrt(x). It is inf at 0 and undefined (nan) below.

    Shape: [*] -> [*]. Other: 2 operations for each element.

    Source: elementary analysis.
    """

    name: ClassVar[str] = "rsqrt"
    in_half: ClassVar[InHalf] = InHalf.CURVE
    per_element: ClassVar[int] = 2
    samples: ClassVar[tuple[Sample, ...]] = (Sample.POSITIVE,)


@final
class Abs(PointwiseOp):
    """Absolute value: y = |x|.

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "abs"
    in_half: ClassVar[InHalf] = InHalf.GAINS


@final
class Neg(PointwiseOp):
    """The negative: y = -x.

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "neg"
    in_half: ClassVar[InHalf] = InHalf.GAINS


@final
class Round(PointwiseOp):
    """The nearest whole number, halves to the even one. Its gradient is 0 everywhere.

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: IEEE 754, roundToIntegralTiesToEven.
    """

    name: ClassVar[str] = "round"
    in_half: ClassVar[InHalf] = InHalf.GAINS


@final
class Pow(PointwiseOp):
    """A power: y = x^exponent. For x below 0 the exponent must be whole, or y is undefined (nan).

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: elementary analysis.
    """

    name: ClassVar[str] = "pow"
    in_half: ClassVar[InHalf] = InHalf.CURVE
    in_its_type: ClassVar[tuple[str, ...]] = ("exponent",)

    exponent: float = argument(number, "the exponent, the same for all elements")

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(exponent=2.0), _IMAGE)
        yield Case(cls(exponent=3.0), _IMAGE)
        yield Case(cls(exponent=0.3), _IMAGE, samples=_POSITIVE)
        yield Case(cls(exponent=-1.5), _IMAGE, samples=_POSITIVE)


@final
class Clamp(Op):
    """Values kept between two bounds: y = min(max(x, min), max). One of them may be left out.

    Shape: [*] -> [*]. Other: 1 operation for each element and bound.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "clamp"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    in_its_type: ClassVar[tuple[str, ...]] = ("min", "max")

    min: float | None = argument(number, "lower bound; none if not given", default=None)
    max: float | None = argument(number, "upper bound; none if not given", default=None)

    def infer(self, inputs: Types) -> Inferred:
        if self.min is None and self.max is None:
            raise self._refused("neither `min` nor `max` is given", "give at least one of them")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise self._refused(f"`min` is {self.min:g}, which is above `max`", "exchange them")
        return Inferred((the_input(self, inputs),))

    def _refused(self, conflict: str, advice: str) -> Rejection:
        from netlang.diagnostics.language.shapes import ConflictingArguments

        argument = None if self.min is None else "min"
        return Rejection(
            ConflictingArguments, argument=argument, operator=self.name, conflict=conflict,
            advice=advice,
        )  # fmt: skip

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    @property
    def _per_element(self) -> int:
        return (self.min is not None) + (self.max is not None)

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * self._per_element)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return POINTWISE

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return (sum_of("other operations", (*elements(inputs[0]), self._per_element)),)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(min=-0.2, max=0.3), _IMAGE)
        yield Case(cls(min=0.1), _IMAGE)
        yield Case(cls(max=0.0), _LEARNED)
