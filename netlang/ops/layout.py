"""Operators that only rearrange elements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import ClassVar, final

from netlang.ir.arguments import argument, integer, shape
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import Reach, Rearranged
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.axes import axes, distinct_axes
from netlang.ops.checks import axis_index, inputs_of, shape_text
from netlang.ops.derive import changed, numbers, out_axis, plain, sum_of
from netlang.ops.spatial import product
from netlang.ops.tracing import traced_product

__all__ = ["Flatten", "Rearrangement", "Reshape", "Transpose"]


class Rearrangement(Op):
    """An operator that moves or keeps elements and computes nothing: no weights, no cost."""

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, 0)


@final
class Flatten(Rearrangement):
    """Joins the axes from `start` to `end`, both included, into one, row by row.

    Shape: [C, H, W] -> [C H W]; the batch axis stays. Axes count from 0, the channels; negative
    ones from the end. Other: 0.

    Source: LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition.
    """

    name: ClassVar[str] = "flatten"
    in_half: ClassVar[InHalf] = InHalf.MOVES

    start: int = argument(integer, "first axis to join", default=0)
    end: int = argument(integer, "last axis to join", default=-1)

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        start, end = axis_index(self, x, self.start, "start"), axis_index(self, x, self.end, "end")
        if start > end:
            from netlang.diagnostics.language.shapes import ConflictingArguments

            raise Rejection(
                ConflictingArguments, argument="end", operator=self.name,
                conflict=f"`start` is axis {start}, which comes after `end`, axis {end}",
                advice="`start` must be the first and `end` the last axis to join",
            )  # fmt: skip
        joined = traced_product(x.shape[start : end + 1])
        return Inferred((x.with_shape(*x.shape[:start], joined, *x.shape[end + 1 :]),))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Rearranged(inputs[0].shape, tuple(range(inputs[0].rank)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        start, end = axis_index(self, x, self.start), axis_index(self, x, self.end)
        joined = sum_of(out_axis(y.rank, start), numbers(x.shape[start : end + 1]))
        behind = range(start + 1, y.rank)
        return (joined, *(plain(out_axis(y.rank, axis), y.shape[axis]) for axis in behind))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), (TensorType((3, 4, 5)),))
        yield Case(cls(start=1), (TensorType((3, 4, 5)),))
        yield Case(cls(start=-3, end=1), (TensorType((3, 4, 5)),))
        yield Case(cls(), (TensorType((6,)),))
        yield Case(cls(), (TensorType((3, 4), batch=None),))


def _equal_counts(one: Sequence[Dim], two: Sequence[Dim]) -> Iterator[tuple[Dim, Dim]]:
    """What must be equal for as many elements: sizes by themselves, where they leave one place.

    Nothing, if they are never as many.
    """
    numbers_apart = [
        ([size for size in sizes if isinstance(size, int)],
         [size for size in sizes if not isinstance(size, int)])
        for sizes in (one, two)
    ]  # fmt: skip
    (fixed, symbolic), (wanted, others) = sorted(numbers_apart, key=lambda each: len(each[1]))[::-1]
    if others:
        yield product(one), product(two)
    elif prod(wanted) % prod(fixed) or not symbolic:
        return
    elif prod(wanted) == prod(fixed):
        yield from ((size, 1) for size in symbolic)
    else:
        yield product(symbolic), prod(wanted) // prod(fixed)


@final
class Reshape(Rearrangement):
    """Arranges the elements of each example in another shape, row by row.

    Shape: [*] -> shape, with as many elements; the batch axis stays. A learned tensor has none.
    Other: 0.

    Source: as in every array language since APL (Iverson 1962).
    """

    name: ClassVar[str] = "reshape"
    in_half: ClassVar[InHalf] = InHalf.MOVES

    shape: tuple[Dim, ...] = argument(shape, "the shape wanted, without the batch")

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        found, wanted = product(x.shape), product(self.shape)
        y = x.with_shape(*self.shape)
        if found == wanted:
            return Inferred((y,))
        pairs = tuple(_equal_counts(x.shape, self.shape))
        if not pairs:
            from netlang.diagnostics.language.shapes import ElementCountDiffers

            raise Rejection(
                ElementCountDiffers, argument="shape", operator=self.name,
                target=shape_text(self.shape), wanted=str(wanted), received=shape_text(x.shape),
                found=str(found),
            )  # fmt: skip
        reason = f"`reshape` to {shape_text(self.shape)} keeps the number of elements"
        return Inferred((y,), tuple(Constraint(a, Relation.EQUAL, b, reason) for a, b in pairs))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Rearranged(self.shape, tuple(range(len(self.shape))))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        found, wanted = numbers(x.shape), numbers(y.shape)
        return (sum_of("elements in", found), sum_of("elements out", wanted), *changed(x, y))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(shape=(1, 40)), (TensorType((40,)),))
        yield Case(cls(shape=(5, 3, 4)), (TensorType((3, 4, 5)),))
        yield Case(cls(shape=(60,)), (TensorType((3, 4, 5)),))
        yield Case(cls(shape=()), (TensorType((1,)),))
        yield Case(cls(shape=(6, 1, 1)), (TensorType((6,), batch=None),))


@final
class Transpose(Rearrangement):
    """Permutes the axes: axis i of the output is axis `axes[i]` of the input.

    Shape: [A, B, ...] -> the sizes in the order of `axes`; the batch stays first. Other: 0.

    Source: linear algebra.
    """

    name: ClassVar[str] = "transpose"
    in_half: ClassVar[InHalf] = InHalf.MOVES

    axes: int | tuple[int, ...] = argument(axes, "every axis of the input, in the order wanted")

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        order = distinct_axes(self, x, self.axes, every=True)
        return Inferred((x.with_shape(*(x.shape[axis] for axis in order)),))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        order = distinct_axes(self, inputs[0], self.axes, every=True)
        return Rearranged(inputs[0].shape, order)

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x = inputs[0]
        order = distinct_axes(self, x, self.axes, every=True)
        return tuple(
            plain(out_axis(x.rank, axis), x.shape[source], f"axis {source} of the input")
            for axis, source in enumerate(order)
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(axes=(1, 2, 0)), (TensorType((3, 4, 5)),))
        yield Case(cls(axes=(-1, 0)), (TensorType((3, 4)),))
        yield Case(cls(axes=(1, 2, 0)), (TensorType((3, 4, 5), batch=None),))
