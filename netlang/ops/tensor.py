"""Learned tensors: as values, and as tables for lookup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import (
    Kind,
    argument,
    count,
    flag,
    literal_tensor,
    non_negative,
    number,
    shape,
)
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Arity, Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import Along, NothingRead, Reach, Same
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import Constant, Init, Literal, Normal, Weight
from netlang.ops.checks import fixed, inputs_of, integral, shape_text
from netlang.ops.derive import plain, state_lines
from netlang.ops.given import check_given, not_given
from netlang.ops.linear import Nested, extent_of, flattened

__all__ = ["Embedding", "Parameter"]


def _values(value: object) -> object:
    kind = literal_tensor if isinstance(value, tuple) else number
    return kind.convert(value)


_VALUES = Kind("a number or a nested list of numbers", _values)


@final
class Parameter(Op):
    """A learned tensor as a value. It has no batch axis and broadcasts over the batch.

    Shape: -> shape. Parameters: one tensor of this shape, whose key is the label of the step. It
    starts with `init` everywhere, with the numbers of a list, or drawn from N(0, std^2) where `std`
    is given. With `batch_axis` it is stored as [1, *shape], as weights files have it for tokens and
    positions; the value is the same. With `trainable=false` it is a parameter that training leaves
    as it is.
    Other: 0.

    Source: as the scale of a layer: Touvron et al. 2021, arXiv:2103.17239; as a token: Dosovitskiy
    et al. 2020, arXiv:2010.11929.
    """

    name: ClassVar[str] = "parameter"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    arity: ClassVar[Arity] = Arity(0, 0)
    in_its_type: ClassVar[tuple[str, ...]] = ("init", "std")

    shape: tuple[Dim, ...] = argument(shape, "sizes, all of them numbers")
    init: float | Nested = argument(
        _VALUES, "value to start with, or a list of them of this shape", default=0.0
    )
    std: float = argument(
        non_negative, "standard deviation to start with, 0 for `init`", default=0.0
    )
    batch_axis: bool = argument(
        flag, "whether the tensor is kept with an axis of 1 more", default=False
    )
    trainable: bool = argument(flag, "whether it is trained", default=True)

    def infer(self, inputs: Types) -> Inferred:
        inputs_of(self, inputs)
        if self.std and self.init:
            from netlang.diagnostics.language.shapes import ConflictingArguments

            raise Rejection(
                ConflictingArguments,
                argument="std",
                operator=self.name,
                conflict=f"`init` is {self._init_text()} and `std` is {self.std}",
                advice="give `init` for what it starts with, or `std` for random ones",
            )
        sizes = self._sizes()
        if isinstance(self.init, tuple):
            self._check(sizes, self.init)
        return Inferred((TensorType(self.shape, batch=None),))

    def _check(self, wanted: tuple[int, ...], values: tuple[object, ...]) -> None:
        """Raise a `Rejection` unless the list has this shape."""
        if extent_of(values) != wanted:
            from netlang.diagnostics.language.shapes import WrongWeightShape

            raise Rejection(
                WrongWeightShape, argument="init", name="init", operator=self.name,
                expected=shape_text(wanted), received=shape_text(extent_of(values)),
            )  # fmt: skip

    def _init_text(self) -> str:
        return "a list" if isinstance(self.init, tuple) else str(self.init)

    def _sizes(self) -> tuple[int, ...]:
        return tuple(fixed(self, size, "a learned tensor") for size in self.shape)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        init: Init = Normal(self.std)
        if isinstance(self.init, tuple):
            init = Literal(tuple(flattened(self.init)))
        elif not self.std:
            init = Constant(self.init)
        front = (1,) if self.batch_axis else ()
        return (Weight("", (*front, *self._sizes()), init, trainable=self.trainable),)

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return NothingRead()

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return state_lines(self.weights(inputs))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(shape=(4, 1, 1), init=1e-6), ())
        yield Case(cls(shape=(3, 5), std=0.02), ())
        yield Case(cls(shape=(6,)), ())
        yield Case(cls(shape=()), ())
        yield Case(cls(shape=(), std=0.5), ())
        yield Case(cls(shape=(), init=0.5), ())
        yield Case(cls(shape=(2, 3), std=0.5, batch_axis=True), ())
        yield Case(cls(shape=(3, 2), std=0.5, trainable=False), ())
        yield Case(cls(shape=(2, 3), init=((0.5, 1.0, 2.0), (-1.0, 0.0, 4.0))), ())
        yield Case(cls(shape=(3,), init=(0.0, 1.0, 2.0), trainable=False), ())
        yield Case(cls(shape=(2,), init=(0.5, -1.0), batch_axis=True), ())


@final
class Embedding(Op):
    """A learned vector for each of a number of words: y[i] = weight[x[i]].

    Shape: int64 [*] -> [*, size]; inputs are from 0 to words - 1.
    Parameters: weight [words, size], initially from N(0, 1). Other: 0.

    Source: Bengio et al. 2003, A Neural Probabilistic Language Model.
    """

    name: ClassVar[str] = "embedding"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    weight_values: ClassVar[tuple[str, ...]] = ("weight",)

    words: int = argument(count, "number of vectors")
    size: int = argument(count, "elements of a vector")

    def infer(self, inputs: Types) -> Inferred:
        x = integral(self, inputs_of(self, inputs)[0])
        check_given(self, inputs)
        return Inferred((TensorType((*x.shape, self.size), batch=x.batch),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return not_given(self, (Weight("weight", (self.words, self.size), Normal(1.0)),))

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Along((Same(),) * inputs[0].rank)

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return (plain("out features", self.size), *state_lines(self.weights(inputs)))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(words=10, size=4), (TensorType((7,), dtype=DType.INT64),), 10)
        yield Case(cls(words=3, size=5), (TensorType((), dtype=DType.INT64),), 3)
        yield Case(cls(words=4, size=5), (TensorType((3,), DType.INT64, batch=None),), 4)
