"""The reverse of a pool: maxima put back where they were found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, shape, sizes
from netlang.ir.constraints import Constraint
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Arity, Case, Cost, Inferred, Op, Rejection, Sample
from netlang.ir.reach import FromPool, Reach, Same, TransposedWindow
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import batched, floating, inputs_of, ranked
from netlang.ops.derive import numbers, out_axis, plain
from netlang.ops.spatial import Sizes, at_least, axis_name, per_axis, size_given
from netlang.ops.tracing import traced_enlarged

__all__ = ["MaxUnpool"]


@final
class MaxUnpool(Op):
    """Undoes `maxpool`: y[c, indices[c, i]] = x[c, i] for every i, and 0 everywhere else.

    The second input are the `indices` of a `maxpool` with `return_indices=true`: places within a
    channel of the output, row by row. They must lie within it, which is checked at run time. They
    match the pool's input only if both have the same size, so give `size` if the pool rounded.

    Shape: [C, *in], int64[C, *in] -> [C, *size] with size = (in - 1) stride - 2 pad + kernel unless
    it is given, up to stride - 1 smaller or larger. Other: 0.

    Source: Zeiler, Fergus 2013, Visualizing and Understanding Convolutional Networks,
    arXiv:1311.2901.
    """

    name: ClassVar[str] = "max_unpool"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    arity: ClassVar[Arity] = Arity(2, 2)

    kernel: Sizes = argument(sizes(), "size of the pool's window")
    stride: Sizes | None = argument(
        sizes(), "step of the pool; the kernel if not given", default=None
    )
    pad: Sizes = argument(sizes(minimum=0), "elements that the pool added on each side", default=0)
    size: tuple[Dim, ...] | None = argument(
        shape, "size of the output, one for each spatial axis", default=None
    )

    def steps(self, rank: int) -> tuple[int, ...]:
        """The stride of the pool along each of `rank` spatial axes."""
        if self.stride is None:
            return per_axis(self.kernel, rank, "kernel")
        return per_axis(self.stride, rank, "stride")

    def infer(self, inputs: Types) -> Inferred:
        x = self._values(inputs)
        spatial = self._undone(x)
        if self.size is None:
            constraints = self._some_left(spatial)
            return Inferred((x.with_shape(x.channels, *spatial),), constraints)
        size = size_given(self.size, x.rank - 1)
        return Inferred((x.with_shape(x.channels, *size),), self._near(spatial, size))

    def _values(self, inputs: Types) -> TensorType:
        """The first input, with which the indices must agree."""
        x, indices = inputs_of(self, inputs)
        expected = "an input of shape [C, L], [C, H, W] or [C, D, H, W]"
        ranked(self, batched(self, floating(self, x, 0, _ORDER)), range(2, 5), expected)
        if batched(self, indices, 1).dtype is not DType.INT64:
            from netlang.diagnostics.language.shapes import WrongDType

            raise Rejection(
                WrongDType, input=1, operator=self.name, expected="int64",
                received=indices.dtype.value, advice=_ADVICE, declarable="int64",
            )  # fmt: skip
        if indices.shape != x.shape:
            from netlang.diagnostics.carried import Shape
            from netlang.diagnostics.language.branches import BranchesDiffer

            raise Rejection(
                BranchesDiffer, input=1, operator=self.name, axis=None, first=1, second=2,
                expected=Shape(x.shape), received=Shape(indices.shape),
                advice="give indices of a pool whose output has the shape of the values",
            )  # fmt: skip
        return x

    def _undone(self, x: TensorType) -> tuple[Dim, ...]:
        """The smallest size which the pool turns into that of `x`."""
        rank = x.rank - 1
        kernel, pad = per_axis(self.kernel, rank, "kernel"), per_axis(self.pad, rank, "pad")
        windows = map(TransposedWindow, kernel, self.steps(rank), pad)
        return tuple(map(traced_enlarged, x.spatial, windows))

    def _some_left(self, spatial: tuple[Dim, ...]) -> tuple[Constraint, ...]:
        found: tuple[Constraint, ...] = ()
        for axis, size in enumerate(spatial):
            where = axis_name(len(spatial), axis)
            if isinstance(size, int) and size < 1:
                from netlang.diagnostics.language.shapes import EmptyOutput

                raise Rejection(
                    EmptyOutput, operator=self.name, axis=where, size=size,
                    advice="choose a smaller `pad`",
                )  # fmt: skip
            found += at_least(size, 1, f"`max_unpool` must leave some of the {where}")
        return found

    def _near(self, spatial: tuple[Dim, ...], given: tuple[Dim, ...]) -> tuple[Constraint, ...]:
        """The condition that the pool turns the given size into that of the input."""
        found: tuple[Constraint, ...] = ()
        steps = self.steps(len(spatial))
        for axis, (size, wanted, step) in enumerate(zip(spatial, given, steps, strict=True)):
            where = axis_name(len(spatial), axis)
            reason = f"`max_unpool` gives a {where} less than {step} away from {size}"
            for rest in (wanted - size, size - wanted):
                if isinstance(rest, int) and rest <= -step:
                    raise self._far(where, size, wanted, step)
                found += at_least(rest, 1 - step, reason)
        return found

    def _far(self, axis: str, size: Dim, wanted: Dim, step: int) -> Rejection:
        from netlang.diagnostics.language.shapes import ConflictingArguments

        return Rejection(
            ConflictingArguments, argument="size", operator=self.name,
            conflict=f"a pool with stride {step} doesn't make this input of a {axis} of {wanted}",
            advice=f"give the size of the pool's input, less than {step} away from {size}",
        )  # fmt: skip

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        rank = inputs[0].rank - 1
        kernel, pad = per_axis(self.kernel, rank), per_axis(self.pad, rank)
        steps = self.steps(rank)
        pool = (kernel, steps, pad, (1,) * rank, self.infer(inputs).outputs[0].spatial)
        return FromPool((Same(), *map(TransposedWindow, kernel, steps, pad)), pool)

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, rank = inputs[0], inputs[0].rank - 1
        if self.size is not None:
            found = enumerate(self.size, start=1)
            return tuple(plain(out_axis(x.rank, axis), size) for axis, size in found)
        kernel, pad = per_axis(self.kernel, rank), per_axis(self.pad, rank)
        axes = zip(numbers(x.spatial), kernel, self.steps(rank), pad, strict=True)
        return tuple(
            Line(
                out_axis(x.rank, axis),
                f"({size} - 1)*{step} - 2*{p} + {k}",
                (size - 1) * step - 2 * p + k,
            )
            for axis, (size, k, step, p) in enumerate(axes, start=1)
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        image, signal, volume = (3, 4, 5), (2, 6), (2, 3, 2, 3)
        yield _case(cls(kernel=2), image)
        yield _case(cls(kernel=(2, 3), stride=2), image)
        yield _case(cls(kernel=3, stride=2, pad=1), image)
        yield _case(cls(kernel=2, size=(9, 10)), image)
        yield _case(cls(kernel=3, stride=(2, 3), size=(8, 17)), image)
        yield _case(cls(kernel=2), signal)
        yield _case(cls(kernel=3, stride=2, size=(14,)), signal)
        yield _case(cls(kernel=(2, 1, 2)), volume)
        yield _case(cls(kernel=2, size=(7, 4, 6)), volume)


_ORDER = "give the values first and their indices second: `(values, indices) -> max_unpool(...)`"
_ADVICE = "give the indices of the pool: `pool: maxpool(2x2, return_indices=true)`, `pool.indices`"


def _case(op: MaxUnpool, shape: tuple[int, ...]) -> Case:
    """Values, and as many places in the output."""
    types = (TensorType(shape), TensorType(shape, dtype=DType.INT64))
    return Case(op, types, samples=(Sample.ANY, Sample.PLACES))
