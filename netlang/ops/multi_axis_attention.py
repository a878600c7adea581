"""Attention within the blocks of an image, or over a grid across it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, flag
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op
from netlang.ir.reach import Along, Blocks, Everywhere, Grid, Reach
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import KaimingUniform, Normal, Uniform, Weight, WindowOffsets
from netlang.ops.checks import batched, divisible, fixed, ranked, the_input
from netlang.ops.derive import state_lines
from netlang.ops.windowed import WindowWork

__all__ = ["MultiAxisAttention"]


@final
class MultiAxisAttention(Op):
    """Multi-head attention between the places of a block, or of a grid across the image.

    The image, with its features last, is divided into groups of w = window^2 places: blocks of
    neighbours or, with `grid=true`, places spread evenly over the image, every (H/window)th of a
    column and every (W/window)th of a row. In each group, queries, keys and values Q, K, V = x W^T
    + b are split into heads; head h gives softmax(Q_h K_h^T / sqrt(E) + B_h) V_h, with a learned
    number in B for each offset between two places of a group, and the concatenated heads are
    projected once more.

    Shape: [H, W, E] -> [H, W, E], all of them fixed; `window` divides H and W.
    Parameters: relative_position_bias_table [(2 window - 1)^2, heads], to_qkv.weight [3 E, E],
    to_qkv.bias [3 E], merge.weight [E, E], merge.bias [E]; buffer: relative_position_index [w, w],
    the row of the table for each pair of places.
    MACs: N H W (4 E^2 + 2 w E). Other: 7 for each of the N heads H W w attention weights (scale,
    offset and softmax), and one addition of the bias for each of the 4 N H W E projected elements.

    Source: Tu et al. 2022, MaxViT: Multi-Axis Vision Transformer, arXiv:2204.01697; scores
    are divided by the root of all features as torchvision divides them.
    """

    name: ClassVar[str] = "multi_axis_attention"
    in_half: ClassVar[InHalf] = InHalf.GAINS

    heads: int = argument(count, "number of heads, which divides E")
    window: int = argument(count, "places of a group along each axis")
    grid: bool = argument(flag, "whether groups are spread over the image", default=False)

    def image(self, x: TensorType) -> tuple[int, int, int]:
        """Height, width and features as numbers."""
        height, width, features = (
            fixed(self, size, f"axis {axis} of its input") for axis, size in enumerate(x.shape)
        )
        return height, width, features

    def infer(self, inputs: Types) -> Inferred:
        x = batched(self, the_input(self, inputs))
        ranked(self, x, range(3, 4), "an image with its features last, [H, W, E]")
        height, width, features = self.image(x)
        divisible(self, features, self.heads, "the number of features", "heads")
        divisible(self, height, self.window, "the height", "window")
        divisible(self, width, self.window, "the width", "window")
        return Inferred((x,))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        width, places = self.image(inputs[0])[2], self.window**2
        return (
            Weight(
                "relative_position_bias_table", ((2 * self.window - 1) ** 2, self.heads),
                Normal(0.02),
            ),
            Weight(
                "relative_position_index", (places, places),
                WindowOffsets(self.window, self.window),
                buffer=True, trainable=False, dtype=DType.INT64,
            ),
            Weight("to_qkv.weight", (3 * width, width), KaimingUniform(width)),
            Weight("to_qkv.bias", (3 * width,), Uniform(width**-0.5)),
            Weight("merge.weight", (width, width), KaimingUniform(width)),
            Weight("merge.bias", (width,), Uniform(width**-0.5)),
        )  # fmt: skip

    def _macs(self, x: TensorType) -> WindowWork:
        height, width, features = self.image(x)
        attended = (2, height, width, self.window**2, features)
        return WindowWork(((4, height, width, features, features), attended))

    def _other(self, x: TensorType) -> WindowWork:
        height, width, features = self.image(x)
        weights = (7, self.heads, height, width, self.window**2)
        return WindowWork((weights, (4, height, width, features)))

    def cost(self, inputs: Types) -> Cost:
        x = inputs[0]
        return Cost(self._macs(x).of(x), self._other(x).of(x))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        height, width, _ = self.image(inputs[0])
        if self.grid:
            return Along((Grid(height, self.window), Grid(width, self.window), Everywhere()))
        return Along((Blocks(self.window), Blocks(self.window), Everywhere()))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x = inputs[0]
        lines = self._macs(x).line("MACs", x), self._other(x).line("other operations", x)
        return (*state_lines(self.weights(inputs)), *lines)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(heads=2, window=3), (TensorType((6, 9, 4)),))
        yield Case(cls(heads=3, window=2, grid=True), (TensorType((4, 6, 6)),))
        yield Case(cls(heads=1, window=2), (TensorType((4, 2, 3)),))
        yield Case(cls(heads=1, window=4, grid=True), (TensorType((4, 8, 2)),))
