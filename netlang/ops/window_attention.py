"""Attention within the windows of an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, probability, sizes
from netlang.ir.derivation import Line
from netlang.ir.op import Case, Cost, Everything, Inferred, Op, Reach, Rejection
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import KaimingUniform, Normal, Uniform, Weight, WindowOffsets
from netlang.ops.checks import batched, divisible, fixed, ranked, the_input
from netlang.ops.derive import batch_of, state_lines, sum_of
from netlang.ops.spatial import Sizes, per_axis

__all__ = ["WindowAttention"]


@final
@dataclass(frozen=True, kw_only=True)
class WindowAttention(Op):
    """Multi-head attention of each place of an image to the places of its window.

    The image, its features last, gets zeros below and at the right until windows divide it, and is
    cut into them. In each, queries, keys and values Q, K, V = x W^T + b are split into heads of
    d = E/heads features; head h gives softmax(Q_h K_h^T / sqrt(d) + B_h) V_h, with a learned number
    in B for each offset between two places, and the heads side by side are projected once more.
    With `shift` the image moves cyclically up and to the left by so much before, and back after;
    100 is then taken from the weights of places that were no neighbours. An axis of one window
    isn't shifted. `dropout` leaves out attention weights in training.

    Shape: [H, W, E] -> [H, W, E], all of them fixed; H' and W' are H and W with the zeros.
    Parameters: relative_position_bias_table [(2 w_1 - 1)(2 w_2 - 1), heads] for windows w_1 x w_2
    of w places, qkv.weight [3 E, E], qkv.bias [3 E], proj.weight [E, E], proj.bias [E]; buffer:
    relative_position_index [w^2], the row of the table for each pair of places.
    MACs: N H' W' (4 E^2 + 2 w E). Other: 7 for each of the N heads H' W' w attention weights
    (scale, offset and softmax), 8 where there is a shift, and one addition of the bias for each of
    the 4 N H' W' E projected elements.

    Source: Liu et al. 2021, Swin Transformer: Hierarchical Vision Transformer using Shifted
    Windows, arXiv:2103.14030.
    """

    name: ClassVar[str] = "window_attention"

    heads: int = field(metadata=argument(count, "number of heads, which divides E"))
    window: Sizes = field(metadata=argument(sizes(), "places of a window"))
    shift: Sizes = field(
        default=0, metadata=argument(sizes(minimum=0), "places to move by, fewer than the window's")
    )
    dropout: float = field(
        default=0.0, metadata=argument(probability, "dropout of attention weights, in training")
    )

    def windows(self) -> tuple[int, int]:
        """Height and width of a window."""
        height, width = per_axis(self.window, 2, "window")
        return height, width

    def shifts(self, extents: Sequence[int]) -> tuple[int, ...]:
        """By how much an image of these sizes moves."""
        steps = zip(per_axis(self.shift, 2, "shift"), self.windows(), extents, strict=True)
        return tuple(0 if extent <= window else step for step, window, extent in steps)

    def image(self, x: TensorType) -> tuple[int, int, int]:
        """Height, width and features, which are numbers."""
        height, width, features = (
            fixed(self, size, f"axis {axis} of its input") for axis, size in enumerate(x.shape)
        )
        return height, width, features

    def padded(self, x: TensorType) -> tuple[int, int]:
        """Height and width with the zeros."""
        height, width, _ = self.image(x)
        rows, columns = self.windows()
        return -(-height // rows) * rows, -(-width // columns) * columns

    def infer(self, inputs: Types) -> Inferred:
        x = batched(self, the_input(self, inputs))
        ranked(self, x, range(3, 4), "an image with its features last, [H, W, E]")
        divisible(self, self.image(x)[2], self.heads, "the number of features", "heads")
        windows, shifts = self.windows(), per_axis(self.shift, 2, "shift")
        if any(step >= window for step, window in zip(shifts, windows, strict=True)):
            from netlang.diagnostics.shapes import ConflictingArguments

            raise Rejection(
                ConflictingArguments, argument="shift", operator=self.name,
                conflict=f"`shift` is {self.shift}, and `window` {self.window}",
                advice="`shift` must be smaller than `window`",
            )  # fmt: skip
        return Inferred((x,))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        rows, columns = self.windows()
        width = self.image(inputs[0])[2]
        offsets = (2 * rows - 1) * (2 * columns - 1)
        return (
            Weight("relative_position_bias_table", (offsets, self.heads), Normal(0.02)),
            Weight(
                "relative_position_index", ((rows * columns) ** 2,), WindowOffsets(rows, columns),
                buffer=True, trainable=False, dtype=DType.INT64,
            ),
            Weight("qkv.weight", (3 * width, width), KaimingUniform(width)),
            Weight("qkv.bias", (3 * width,), Uniform(width**-0.5)),
            Weight("proj.weight", (width, width), KaimingUniform(width)),
            Weight("proj.bias", (width,), Uniform(width**-0.5)),
        )  # fmt: skip

    def _work(self, x: TensorType) -> tuple[tuple[int, ...], ...]:
        """Factors for one example: projections, attention, its weights, and biases."""
        height, width = self.padded(x)
        features, places = self.image(x)[2], prod(self.windows())
        each = 8 if any(self.shifts((height, width))) else 7
        return (
            (4, height, width, features, features), (2, height, width, places, features),
            (each, self.heads, height, width, places), (4, height, width, features),
        )  # fmt: skip

    def cost(self, inputs: Types) -> Cost:
        x = inputs[0]
        projected, attended, weights, biases = map(prod, self._work(x))
        batch = 1 if x.batch is None else x.batch
        return Cost(batch * (projected + attended), batch * (weights + biases))

    def reach(self, inputs: Types) -> Reach:
        return Everything()

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        factors = [(*batch_of(inputs[0]), *each) for each in self._work(inputs[0])]
        lines = sum_of("MACs", *factors[:2]), sum_of("other operations", *factors[2:])
        return (*state_lines(self.weights(inputs)), *lines)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(heads=2, window=3), (TensorType((6, 9, 4)),))
        yield Case(cls(heads=3, window=4, shift=2, dropout=0.1), (TensorType((8, 12, 6)),))
        yield Case(cls(heads=1, window=(2, 3), shift=(1, 2)), (TensorType((5, 7, 3)),))
        yield Case(cls(heads=2, window=3, shift=1), (TensorType((3, 7, 2)),))
