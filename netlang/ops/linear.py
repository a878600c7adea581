"""The affine map of the last axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import Kind, Mismatch, argument, count, flag, literal_tensor
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import Along, Everywhere, Reach, Same
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Init, KaimingUniform, Literal, Uniform, Weight
from netlang.ops.checks import fixed, ranked, shape_text, the_input
from netlang.ops.derive import elements, plain, state_lines, sum_of
from netlang.ops.given import check_given, not_given

__all__ = ["Linear", "Nested", "extent_of", "flattened"]

# Nested tuples of numbers: a row, a matrix.
Nested = tuple[object, ...]


def extent_of(values: object) -> tuple[int, ...]:
    """The shape of a nested tuple of numbers."""
    return (len(values), *extent_of(values[0])) if isinstance(values, tuple) else ()


def flattened(values: object) -> Iterator[float]:
    """The numbers of a nested tuple in row-major order."""
    if isinstance(values, tuple):
        for item in values:
            yield from flattened(item)
    elif isinstance(values, (int, float)):
        yield float(values)


def _flag_or_row(value: object) -> object:
    if isinstance(value, bool):
        return flag.convert(value)
    row = literal_tensor.convert(value)
    if len(extent_of(row)) != 1:
        raise Mismatch("a nested list")
    return row


_BIAS = Kind("true, false or a list of numbers", _flag_or_row)


@final
class Linear(Op):
    """Affine map of the last axis: y = x W^T + b.

    Shape: [*, F] -> [*, out], where F must be a fixed size.
    Parameters: weight [out, F] and bias [out]. Numbers given for them are fixed, not trained.
    MACs: N prod(*) F out. Other: one addition of the bias for each output.

    Source: Rosenblatt 1958, The Perceptron.
    """

    name: ClassVar[str] = "linear"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    weight_values: ClassVar[tuple[str, ...]] = ("weight", "bias")
    in_its_type: ClassVar[tuple[str, ...]] = ("weight", "bias")

    out: int = argument(count, "number of output features")
    bias: bool | tuple[float, ...] = argument(
        _BIAS, "whether to add a learned bias, or a fixed bias", default=True
    )
    weight: Nested | None = argument(
        literal_tensor, "fixed weights: `out` rows of F numbers", default=None
    )

    def infer(self, inputs: Types) -> Inferred:
        x = ranked(self, the_input(self, inputs), range(1, 99), "an input with an axis")
        features = fixed(self, x.shape[-1], "the last axis of its input")
        self._check("weight", self.weight, (self.out, features))
        if isinstance(self.bias, tuple):
            self._check("bias", self.bias, (self.out,))
        check_given(self, inputs)
        return Inferred((x.with_shape(*x.shape[:-1], self.out),))

    def _check(self, name: str, values: Nested | None, expected: tuple[int, ...]) -> None:
        if values is not None and extent_of(values) != expected:
            from netlang.diagnostics.language.shapes import WrongWeightShape

            raise Rejection(
                WrongWeightShape, argument=name,
                name=name, operator=self.name,
                expected=shape_text(expected), received=shape_text(extent_of(values)),
            )  # fmt: skip

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        features = fixed(self, inputs[0].shape[-1], "the last axis of its input")
        bound = features**-0.5
        weight = _weight("weight", (self.out, features), self.weight, KaimingUniform(features))
        if self.bias is False:
            return not_given(self, (weight,))
        given = self.bias if isinstance(self.bias, tuple) else None
        return not_given(self, (weight, _weight("bias", (self.out,), given, Uniform(bound))))

    def cost(self, inputs: Types) -> Cost:
        x = inputs[0]
        y = x.with_shape(*x.shape[:-1], self.out)
        return Cost(x.elements * self.out, 0 if self.bias is False else y.elements)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Along((*(Same(),) * (inputs[0].rank - 1), Everywhere()))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        return (
            plain("out features", self.out),
            *state_lines(self.weights(inputs)),
            sum_of("MACs", (*elements(x), self.out)),
            *(() if self.bias is False else (sum_of("other operations", elements(y)),)),
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(out=3), (TensorType((5,)),))
        yield Case(cls(out=3, bias=False), (TensorType((4, 5)),))
        yield Case(cls(out=1, weight=((0.5, -0.25),), bias=(-0.7,)), (TensorType((2,)),))
        yield Case(cls(out=2, weight=((1.0, 2.0, 3.0), (0.0, -1.0, 0.5))), (TensorType((3,)),))
        yield Case(cls(out=2, bias=(1.0, -1.0)), (TensorType((2, 3, 4)),))
        yield Case(cls(out=3), (TensorType((4, 5), batch=None),))


def _weight(name: str, shape: tuple[int, ...], given: Nested | None, init: Init) -> Weight:
    if given is None:
        return Weight(name, shape, init)
    return Weight(name, shape, Literal(tuple(flattened(given))), trainable=False)
