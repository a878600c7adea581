"""The common part of operators that attend within windows of an image."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from math import prod

from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.op import Cost, Inferred, Op, Rejection
from netlang.ir.reach import Along, Blocks, Everywhere, Reach
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import Weight, WindowOffsets
from netlang.ops.checks import batched, divisible, fixed, ranked, the_input
from netlang.ops.derive import batch_of, state_lines, sum_of
from netlang.ops.spatial import Sizes, per_axis
from netlang.records import Record

__all__ = ["Windowed", "WindowWork"]


class WindowWork(Record):
    """Operations as sums of products: per example, and of the weights alone."""

    each: tuple[tuple[int, ...], ...]
    once: tuple[tuple[int, ...], ...] = ()

    def of(self, x: TensorType) -> Dim:
        """The operations of a batch."""
        batch = 1 if x.batch is None else x.batch
        return batch * sum(map(prod, self.each)) + sum(map(prod, self.once))

    def line(self, what: str, x: TensorType) -> Line:
        """The derivation of the operations of a batch."""
        return sum_of(what, *((*batch_of(x), *each) for each in self.each), *self.once)


class Windowed(Op):
    """Attention of `heads` heads in windows that a shift moves."""

    heads: int
    window: Sizes
    shift: Sizes
    dropout: float

    @abstractmethod
    def macs(self, x: TensorType) -> WindowWork:
        """Multiply-accumulates."""

    @abstractmethod
    def other(self, x: TensorType) -> WindowWork:
        """All other operations."""

    def windows(self) -> tuple[int, int]:
        """Height and width of a window."""
        height, width = per_axis(self.window, 2, "window")
        return height, width

    def shifts(self, extents: Sequence[int]) -> tuple[int, ...]:
        """By how much an image of these sizes is shifted."""
        steps = zip(per_axis(self.shift, 2, "shift"), self.windows(), extents, strict=True)
        return tuple(0 if extent <= window else step for step, window, extent in steps)

    def image(self, x: TensorType) -> tuple[int, int, int]:
        """Height, width and features as numbers."""
        height, width, features = (
            fixed(self, size, f"axis {axis} of its input") for axis, size in enumerate(x.shape)
        )
        return height, width, features

    def padded(self, x: TensorType) -> tuple[int, int]:
        """Height and width with the zeros."""
        height, width, _ = self.image(x)
        rows, columns = self.windows()
        return -(-height // rows) * rows, -(-width // columns) * columns

    def offsets(self) -> tuple[int, int]:
        """The number of offsets between two places, vertically and horizontally."""
        rows, columns = self.windows()
        return 2 * rows - 1, 2 * columns - 1

    def index(self) -> Weight:
        """The number of the offset of each pair of places."""
        rows, columns = self.windows()
        return Weight(
            "relative_position_index", ((rows * columns) ** 2,), WindowOffsets(rows, columns),
            buffer=True, trainable=False, dtype=DType.INT64,
        )  # fmt: skip

    def attended(self, x: TensorType) -> tuple[tuple[int, ...], ...]:
        """Factors of the MACs of one example: projections, and attention."""
        height, width = self.padded(x)
        features, places = self.image(x)[2], prod(self.windows())
        return (4, height, width, features, features), (2, height, width, places, features)

    def scored(self, x: TensorType) -> tuple[int, ...]:
        """Factors of the work on one example's attention weights: 7 each, and 1 for a shift."""
        height, width = self.padded(x)
        each = 8 if any(self.shifts((height, width))) else 7
        return each, self.heads, height, width, prod(self.windows())

    def infer(self, inputs: Types) -> Inferred:
        x = batched(self, the_input(self, inputs))
        ranked(self, x, range(3, 4), "an image with its features last, [H, W, E]")
        divisible(self, self.image(x)[2], self.heads, "the number of features", "heads")
        windows, shifts = self.windows(), per_axis(self.shift, 2, "shift")
        if any(step >= window for step, window in zip(shifts, windows, strict=True)):
            from netlang.diagnostics.language.shapes import ConflictingArguments

            raise Rejection(
                ConflictingArguments, argument="shift", operator=self.name,
                conflict=f"`shift` is {self.shift}, and `window` {self.window}",
                advice="`shift` must be smaller than `window`",
            )  # fmt: skip
        return Inferred((x,))

    def cost(self, inputs: Types) -> Cost:
        x = inputs[0]
        return Cost(self.macs(x).of(x), self.other(x).of(x))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        blocks = map(Blocks, self.windows(), self.shifts(self.padded(inputs[0])))
        return Along((*blocks, Everywhere()))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x = inputs[0]
        lines = self.macs(x).line("MACs", x), self.other(x).line("other operations", x)
        return (*state_lines(self.weights(inputs)), *lines)
