"""Exchange of channels and places, and permutation of channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, count
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim, floor_div
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Inferred
from netlang.ir.reach import Along, Reach, Rearranged, Same, Shuffled
from netlang.ir.types import TensorType, Types
from netlang.ops.checks import divisible, fixed, inputs_of, ranked
from netlang.ops.derive import numbers
from netlang.ops.layout import Rearrangement
from netlang.ops.tracing import traced_floor_div, traced_product

__all__ = ["ChannelShuffle", "PixelShuffle", "PixelUnshuffle"]

_AXES = ("height", "width")


def _squared(factor: int) -> int:
    places = traced_product((factor, factor))
    assert isinstance(places, int)
    return places


@final
class ChannelShuffle(Rearrangement):
    """Channels of all groups interleaved: y[c groups + g] = x[g C/groups + c].

    Shape: [C, *] -> [C, *]. Other: 0.

    Source: Zhang et al. 2017, ShuffleNet, arXiv:1707.01083.
    """

    name: ClassVar[str] = "channel_shuffle"
    in_half: ClassVar[InHalf] = InHalf.MOVES
    one_example: ClassVar[bool] = True

    groups: int = argument(count, "number of groups that the channels come in")

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        ranked(self, x, range(2, 5), "an input of shape [C, L], [C, H, W] or [C, D, H, W]")
        channels = fixed(self, x.channels, "the input channels")
        divisible(self, channels, self.groups, "the input channels", "groups")
        return Inferred((x,))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        x = inputs[0]
        channels = fixed(self, x.channels, "the input channels")
        return Along((Shuffled(self.groups, channels), *(Same(),) * (x.rank - 1)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return ()

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(groups=2), (TensorType((6, 4, 5)),))
        yield Case(cls(groups=3), (TensorType((6, 7)),))
        yield Case(cls(groups=2), (TensorType((4, 3), batch=None),))


@final
class PixelShuffle(Rearrangement):
    """Channels arranged as places: y[c, r i + a, r j + b] = x[c r^2 + a r + b, i, j], r the factor.

    Shape: [C r^2, H, W] -> [C, r H, r W]. Other: 0.

    Source: Shi et al. 2016, arXiv:1609.05158.
    """

    name: ClassVar[str] = "pixel_shuffle"
    in_half: ClassVar[InHalf] = InHalf.MOVES
    one_example: ClassVar[bool] = True

    factor: int = argument(count, "how many times as high and wide the output is")

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        ranked(self, x, range(3, 4), "an input of shape [C, H, W]")
        channels = fixed(self, x.channels, "the input channels")
        if channels % self.factor**2:
            divisible(self, channels, self.factor**2, "the input channels", "factor")
        enlarged = (traced_product((size, self.factor)) for size in x.spatial)
        left = traced_floor_div(channels, _squared(self.factor))
        return Inferred((x.with_shape(left, *enlarged),))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        (left, _, _), (height, width) = self.infer(inputs).outputs[0].shape, inputs[0].spatial
        return Rearranged((left, self.factor, self.factor, height, width), (0, 3, 1, 4, 2))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        channels, height, width = numbers(inputs[0].shape)
        factor = self.factor
        return (
            Line("out channels", f"{channels}/({factor}*{factor})", channels // factor**2),
            Line("out height", f"{height}*{factor}", height * factor),
            Line("out width", f"{width}*{factor}", width * factor),
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(factor=2), (TensorType((8, 3, 5)),))
        yield Case(cls(factor=3), (TensorType((9, 2, 2)),))
        yield Case(cls(factor=2), (TensorType((4, 2, 3), batch=None),))


@final
class PixelUnshuffle(Rearrangement):
    """Places arranged as channels: y[c r^2 + a r + b, i, j] = x[c, r i + a, r j + b], r the factor.

    The opposite of `pixel_shuffle`.

    Shape: [C, H, W] -> [C r^2, H/r, W/r], where r divides both. Other: 0.

    Source: the opposite of Shi et al. 2016, arXiv:1609.05158.
    """

    name: ClassVar[str] = "pixel_unshuffle"
    in_half: ClassVar[InHalf] = InHalf.MOVES
    one_example: ClassVar[bool] = True

    factor: int = argument(count, "how many times as high and wide the input is")

    def infer(self, inputs: Types) -> Inferred:
        (x,) = inputs_of(self, inputs)
        ranked(self, x, range(3, 4), "an input of shape [C, H, W]")
        height, width = (
            self._part(size, axis) for size, axis in zip(x.spatial, _AXES, strict=True)
        )
        sizes = zip(x.spatial, (height, width), strict=True)
        channels = traced_product((x.channels, _squared(self.factor)))
        constraints = tuple(
            Constraint(size, Relation.EQUAL, part * self.factor, self._reason(axis))
            for (size, part), axis in zip(sizes, _AXES, strict=True)
            if size != part * self.factor
        )
        return Inferred((x.with_shape(channels, height, width),), constraints)

    def _part(self, size: Dim, axis: str) -> Dim:
        if isinstance(size, int):
            divisible(self, size, self.factor, f"the {axis}", "factor")
            return traced_floor_div(size, self.factor)
        return floor_div(size, self.factor)

    def _reason(self, axis: str) -> str:
        return f"`pixel_unshuffle` takes {self.factor} places along the {axis} at a time"

    def split(self, inputs: Types) -> tuple[Dim, ...]:
        """The sizes of the input with each place apart: [C, H/r, r, W/r, r]."""
        _, height, width = self.infer(inputs).outputs[0].shape
        return (inputs[0].channels, height, self.factor, width, self.factor)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Rearranged(self.split(inputs), (0, 2, 4, 1, 3))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        channels, height, width = numbers(inputs[0].shape)
        factor = self.factor
        return (
            Line("out channels", f"{channels}*{factor}*{factor}", channels * factor**2),
            Line("out height", f"{height}/{factor}", height // factor),
            Line("out width", f"{width}/{factor}", width // factor),
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(factor=2), (TensorType((3, 4, 6)),))
        yield Case(cls(factor=3), (TensorType((2, 3, 9)),))
        yield Case(cls(factor=2), (TensorType((1, 4, 2), batch=None),))
