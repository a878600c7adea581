"""Comparisons, which give truth values, and the choice by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, number
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Arity, Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import POINTWISE, Aligned, Reach
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.agreement import broadcast
from netlang.ops.checks import inputs_of
from netlang.ops.derive import changed, elements, sum_of
from netlang.records import replace

__all__ = [
    "Comparison",
    "Equal",
    "Greater",
    "GreaterEqual",
    "Less",
    "LessEqual",
    "NotEqual",
    "Where",
]

_IMAGE = TensorType((3, 4, 5))
_PER_CHANNEL = TensorType((3, 1, 1))
_WORDS = TensorType((7,), DType.INT64)


def _holds(dtype: DType, number: float) -> bool:
    """Whether a type of whole numbers has this one."""
    bits = 8 * dtype.size
    if dtype is DType.UINT8:
        return 0 <= number < 1 << bits
    return abs(number) < 1 << (bits - 1)


class Comparison(Op):
    """Two values compared element by element, or one with a number."""

    in_half: ClassVar[InHalf] = InHalf.PLACES
    arity: ClassVar[Arity] = Arity(1, 2)

    to: float | None = argument(
        number, "the number to compare with; none if two values are compared", default=None
    )

    def infer(self, inputs: Types) -> Inferred:
        for index, x in enumerate(inputs_of(self, inputs)):
            self._numbers(x, index)
        if (len(inputs) == 1) == (self.to is None):
            raise self._refused(len(inputs))
        found = broadcast(self, inputs)
        return replace(found, outputs=(replace(found.outputs[0], dtype=DType.BOOL),))

    def _numbers(self, x: TensorType, index: int) -> None:
        if x.dtype is DType.BOOL:
            from netlang.diagnostics.language.shapes import WrongDType

            raise Rejection(
                WrongDType, input=index, operator=self.name, expected="numbers",
                received=x.dtype.value, advice="truth values are for `where`",
            )  # fmt: skip
        if self.to is None or x.dtype.is_float:
            return
        if not self.to.is_integer():
            raise self._unlike(x, "isn't whole", "give a whole number")
        if not _holds(x.dtype, self.to):
            raise self._unlike(
                x, "is beyond its numbers", f"give a number that {x.dtype.value} can hold"
            )

    def _unlike(self, x: TensorType, why: str, advice: str) -> Rejection:
        from netlang.diagnostics.language.shapes import ConflictingArguments

        return Rejection(
            ConflictingArguments, argument="to", operator=self.name, advice=advice,
            conflict=f"the input is {x.dtype.value}, and {self.to:g} {why}",
        )  # fmt: skip

    def _refused(self, given: int) -> Rejection:
        from netlang.diagnostics.language.shapes import ConflictingArguments

        if given == 1:
            conflict = "there is one value, and no number to compare it with"
            advice = f"write `{self.name}(0.5)`, or `(a, b) -> {self.name}`"
            return Rejection(
                ConflictingArguments, operator=self.name, conflict=conflict, advice=advice
            )
        return Rejection(
            ConflictingArguments, argument="to", operator=self.name,
            conflict="there are two values, and a number too", advice="leave the number out",
        )  # fmt: skip

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, self.infer(inputs).outputs[0].elements)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return POINTWISE if len(inputs) == 1 else Aligned()

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        y = self.infer(inputs).outputs[0]
        return (*changed(inputs[0], y), sum_of("other operations", elements(y)))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(to=0.1), (_IMAGE,))
        yield Case(cls(to=1.0), (_WORDS,), integers_below=3)
        yield Case(cls(), (_IMAGE, _PER_CHANNEL))
        yield Case(cls(), (_IMAGE, TensorType((5,), batch=None)))
        yield Case(cls(), (_WORDS, _WORDS), integers_below=3)


@final
class Equal(Comparison):
    """Whether a = b, as truth values.

    Shape: [*] -> [*], or two values of one shape; a size of 1 broadcasts. Other: 1 for each output.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "equal"


@final
class NotEqual(Comparison):
    """Whether a and b differ, as truth values.

    Shape: [*] -> [*], or two values of one shape; a size of 1 broadcasts. Other: 1 for each output.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "not_equal"


@final
class Less(Comparison):
    """Whether a < b, as truth values.

    Shape: [*] -> [*], or two values of one shape; a size of 1 broadcasts. Other: 1 for each output.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "less"


@final
class LessEqual(Comparison):
    """Whether a <= b, as truth values.

    Shape: [*] -> [*], or two values of one shape; a size of 1 broadcasts. Other: 1 for each output.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "less_equal"


@final
class Greater(Comparison):
    """Whether a > b, as truth values.

    Shape: [*] -> [*], or two values of one shape; a size of 1 broadcasts. Other: 1 for each output.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "greater"


@final
class GreaterEqual(Comparison):
    """Whether a >= b, as truth values.

    Shape: [*] -> [*], or two values of one shape; a size of 1 broadcasts. Other: 1 for each output.

    Source: elementary arithmetic.
    """

    name: ClassVar[str] = "greater_equal"


@final
class Where(Op):
    """The second value where the first, a truth value, is true, and the third elsewhere.

    `(less, a, b) -> where` chooses between a and b by what a comparison gave.

    Shape: three values of one shape -> that shape. A size of 1 broadcasts, and a learned tensor
    does so over the batch and over missing leading axes. Other: 0.

    Source: as in every array language since APL (Iverson 1962).
    """

    name: ClassVar[str] = "where"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    arity: ClassVar[Arity] = Arity(3, 3)

    def infer(self, inputs: Types) -> Inferred:
        condition, chosen, _ = inputs_of(self, inputs)
        if condition.dtype is not DType.BOOL:
            from netlang.diagnostics.language.shapes import WrongDType

            raise Rejection(
                WrongDType, input=0, operator=self.name, expected="bool",
                received=condition.dtype.value,
                advice="a comparison makes truth values: `greater(0)`, `(a, b) -> less`",
            )  # fmt: skip
        return broadcast(self, (replace(condition, dtype=chosen.dtype), *inputs[1:]))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Aligned()

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return changed(inputs[0], self.infer(inputs).outputs[0])

    @classmethod
    def cases(cls) -> Iterator[Case]:
        condition = replace(_IMAGE, dtype=DType.BOOL)
        yield Case(cls(), (condition, _IMAGE, _IMAGE))
        yield Case(cls(), (replace(_PER_CHANNEL, dtype=DType.BOOL), _IMAGE, _PER_CHANNEL))
        yield Case(cls(), (condition, TensorType((5,), batch=None), _IMAGE))
        yield Case(cls(), (replace(_WORDS, dtype=DType.BOOL), _WORDS, _WORDS))
