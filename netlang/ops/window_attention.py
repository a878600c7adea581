"""Attention within the windows of an image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, probability, sizes
from netlang.ir.half import InHalf
from netlang.ir.op import Case
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import KaimingUniform, Normal, Uniform, Weight
from netlang.ops.spatial import Sizes
from netlang.ops.windowed import Windowed, WindowWork

__all__ = ["WindowAttention"]


@final
class WindowAttention(Windowed):
    """Multi-head attention between the places of each window of an image.

    The image, with its features last, is padded with zeros below and at the right until windows
    divide it, and then cut into them. In each, queries, keys and values Q, K, V = x W^T + b are
    split into heads of d = E/heads features; head h gives softmax(Q_h K_h^T / sqrt(d) + B_h) V_h,
    with a learned number in B for each offset between two places, and the concatenated heads are
    projected once more. With `shift`, the image moves cyclically up and to the left by that much
    before, and back afterwards; 100 is then subtracted from the scores of places that weren't
    neighbours. An axis of one window isn't shifted. `dropout` drops attention weights in training.

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
    in_half: ClassVar[InHalf] = InHalf.GAINS

    heads: int = argument(count, "number of heads, which divides E")
    window: Sizes = argument(sizes(), "places of a window")
    shift: Sizes = argument(
        sizes(minimum=0), "places to move by, fewer than the window's", default=0
    )
    dropout: float = argument(probability, "dropout of attention weights, in training", default=0.0)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        width = self.image(inputs[0])[2]
        down, aside = self.offsets()
        return (
            Weight("relative_position_bias_table", (down * aside, self.heads), Normal(0.02)),
            self.index(),
            Weight("qkv.weight", (3 * width, width), KaimingUniform(width)),
            Weight("qkv.bias", (3 * width,), Uniform(width**-0.5)),
            Weight("proj.weight", (width, width), KaimingUniform(width)),
            Weight("proj.bias", (width,), Uniform(width**-0.5)),
        )

    def macs(self, x: TensorType) -> WindowWork:
        return WindowWork(self.attended(x))

    def other(self, x: TensorType) -> WindowWork:
        return WindowWork((self.scored(x), (4, *self.padded(x), self.image(x)[2])))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(heads=2, window=3), (TensorType((6, 9, 4)),))
        yield Case(cls(heads=3, window=4, shift=2, dropout=0.1), (TensorType((8, 12, 6)),))
        yield Case(cls(heads=1, window=(2, 3), shift=(1, 2)), (TensorType((5, 7, 3)),))
        yield Case(cls(heads=2, window=3, shift=1), (TensorType((3, 7, 2)),))
