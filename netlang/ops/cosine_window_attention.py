"""Attention by cosines within the windows of an image."""

from __future__ import annotations

from collections.abc import Iterator
from math import log, prod
from typing import ClassVar, Final, final

from netlang.ir.arguments import argument, count, probability, sizes
from netlang.ir.half import InHalf
from netlang.ir.op import Case
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import (
    Constant,
    KaimingUniform,
    Uniform,
    UniformButMiddle,
    Weight,
    WindowCoordinates,
)
from netlang.ops.spatial import Sizes
from netlang.ops.windowed import Windowed, WindowWork

__all__ = ["HIDDEN", "MOST_OFFSET", "MOST_TEMPERATURE", "CosineWindowAttention"]

HIDDEN: Final = 512
"""Units of the layer between coordinates and summands."""
MOST_OFFSET: Final = 16.0
"""The bound of every summand of an offset."""
MOST_TEMPERATURE: Final = 100.0
"""The largest factor of a head's cosines."""
# The factor of a head's cosines that training starts with.
TEMPERATURE = 10.0


@final
class CosineWindowAttention(Windowed):
    """Multi-head attention within windows, with weights from cosines and computed offsets.

    Windows, shifts and heads are those of `window_attention`, and so is everything after the
    weights. Head h has the weights softmax(t_h cos(Q_h, K_h) + B_h), with t_h =
    exp(min(logit_scale_h, ln 100)) and, for each offset between two places, B = 16 sigmoid(W_2
    relu(W_1 c + b_1)). The coordinates c of an offset run from -1 to 1 along each axis and enter as
    sign(c) log2(1 + 8 |c|) / 3. Keys have no bias: that part of `qkv.bias` isn't read. For its
    cosine, a vector shorter than 1e-12 (2^-14 in half precision) is divided by that number.

    Shape: [H, W, E] -> [H, W, E], all of them fixed; H' and W' are H and W with the zeros. Windows
    w_1 x w_2 of w places have o = (2 w_1 - 1)(2 w_2 - 1) offsets.
    Parameters: logit_scale [heads, 1, 1], qkv.weight [3 E, E], qkv.bias [3 E], proj.weight [E, E],
    proj.bias [E], cpb_mlp.0.weight [512, 2], cpb_mlp.0.bias [512], cpb_mlp.2.weight [heads, 512];
    buffers: relative_coords_table [1, 2 w_1 - 1, 2 w_2 - 1, 2], relative_position_index [w^2].
    MACs: N H' W' (4 E^2 + 2 w E) + 512 o (2 + heads). Other: 7 for each of the N heads H' W' w
    attention weights (factor, offset and softmax), 8 where there is a shift; 6 for each of the
    N H' W' E elements to bring queries and keys to length 1, and 3 to add biases; and for all
    examples together 2 for each of 512 o hidden elements, 5 for each of the heads w^2 summands, and
    2 for each factor.

    Source: Liu et al. 2022, Swin Transformer V2: Scaling Up Capacity and Resolution,
    arXiv:2111.09883; the numbers 512, 16 and 100 are torchvision's.
    """

    name: ClassVar[str] = "cosine_window_attention"
    in_half: ClassVar[InHalf] = InHalf.NORM

    heads: int = argument(count, "number of heads, which divides E")
    window: Sizes = argument(sizes(minimum=2), "places of a window, at least two along each axis")
    shift: Sizes = argument(
        sizes(minimum=0), "places to move by, fewer than the window's", default=0
    )
    dropout: float = argument(probability, "dropout of attention weights, in training", default=0.0)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        width = self.image(inputs[0])[2]
        coordinates = WindowCoordinates(*self.windows())
        return (
            Weight("logit_scale", (self.heads, 1, 1), Constant(log(TEMPERATURE))),
            Weight(
                "relative_coords_table", (1, *self.offsets(), 2), coordinates,
                buffer=True, trainable=False,
            ),
            self.index(),
            Weight("qkv.weight", (3 * width, width), KaimingUniform(width)),
            Weight("qkv.bias", (3 * width,), UniformButMiddle(width**-0.5)),
            Weight("proj.weight", (width, width), KaimingUniform(width)),
            Weight("proj.bias", (width,), Uniform(width**-0.5)),
            Weight("cpb_mlp.0.weight", (HIDDEN, 2), KaimingUniform(2)),
            Weight("cpb_mlp.0.bias", (HIDDEN,), Uniform(2**-0.5)),
            Weight("cpb_mlp.2.weight", (self.heads, HIDDEN), KaimingUniform(HIDDEN)),
        )  # fmt: skip

    def macs(self, x: TensorType) -> WindowWork:
        return WindowWork(self.attended(x), ((HIDDEN, *self.offsets(), 2 + self.heads),))

    def other(self, x: TensorType) -> WindowWork:
        elements = *self.padded(x), self.image(x)[2]
        offsets, pairs = prod(self.offsets()), prod(self.windows()) ** 2
        each = (self.scored(x), (6, *elements), (3, *elements))
        return WindowWork(each, ((2, HIDDEN, offsets), (5, self.heads, pairs), (2, self.heads)))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(heads=2, window=3), (TensorType((6, 9, 4)),))
        yield Case(cls(heads=3, window=4, shift=2, dropout=0.1), (TensorType((8, 12, 6)),))
        yield Case(cls(heads=1, window=(2, 3), shift=(1, 2)), (TensorType((5, 7, 3)),))
        yield Case(cls(heads=2, window=3, shift=1), (TensorType((3, 7, 4)),))
