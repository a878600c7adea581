"""Pooling: a summary of each window, of each of a fixed number of regions, or of everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod
from typing import ClassVar, final

from netlang.ir.arguments import argument, flag, sizes
from netlang.ir.constraints import Constraint
from netlang.ir.dims import Dim, ceil_div, floor_div
from netlang.ir.op import Case, Cost, Everything, Inferred, Op, Reach, Rejection, Window
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import spatial_input
from netlang.ops.spatial import (
    Padding, Sizes, axis_name, extents, fits, padding, per_axis, slide,
)  # fmt: skip

__all__ = [
    "AdaptiveAvgpool", "AdaptiveMaxpool", "Avgpool", "GlobalAvgpool", "GlobalMaxpool", "Maxpool",
    "Sliding", "ceil_padding",
]  # fmt: skip

_IMAGE = (TensorType((3, 9, 8)),)
_SIGNAL = (TensorType((2, 11)),)
_VOLUME = (TensorType((2, 5, 6, 7)),)


def ceil_padding(
    pads: Sequence[Padding], extent: Sequence[int], stride: Sequence[int]
) -> tuple[Padding, ...]:
    """The padding with which rounding down gives the size that `ceil=true` asks for.

    PyTorch rounds up, (size + 2p - e + s - 1)//s + 1, and drops the last window where that starts
    behind the input and its left padding, which is the minimum with (size + p - 1)//s + 1. Floors
    by one divisor take the minimum inside.
    """
    return tuple(
        (before, after + min(step - 1, window - after - 1))
        for (before, after), window, step in zip(pads, extent, stride, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Sliding:
    """A window over spatial axes, one entry for each of them; `ceil` is told by the padding."""

    kernel: tuple[int, ...]
    extent: tuple[int, ...]
    stride: tuple[int, ...]
    pads: tuple[Padding, ...]

    @classmethod
    def of(
        cls, rank: int, kernel: Sizes, stride: Sizes | None, pad: Sizes, dilation: Sizes, ceil: bool
    ) -> Sliding:
        """The window that the arguments of a pool describe."""
        window = per_axis(kernel, rank, "kernel")
        extent = extents(window, per_axis(dilation, rank, "dilation"))
        steps = window if stride is None else per_axis(stride, rank, "stride")
        pads = padding(pad, extent)
        return cls(window, extent, steps, ceil_padding(pads, extent, steps) if ceil else pads)

    def infer(self, op: Op, x: TensorType) -> tuple[TensorType, tuple[Constraint, ...]]:
        """The pooled type and what the sizes must meet."""
        constraints = fits(op, x.spatial, self.pads, self.extent)
        spatial = slide(x.spatial, self.pads, self.extent, self.stride)
        return x.with_shape(x.channels, *spatial), constraints

    def check_pad(self, op: Op) -> None:
        """A window must not lie in the padding alone: at most half of it is padding."""
        for axis, ((pad, _), window) in enumerate(zip(self.pads, self.extent, strict=True)):
            if pad > window // 2:
                from netlang.diagnostics.shapes import PadTooLarge

                raise Rejection(
                    PadTooLarge, argument="pad", operator=op.name, pad=pad,
                    axis=axis_name(len(self.pads), axis), most=window // 2,
                    reason="half of the kernel",
                )  # fmt: skip

    @property
    def reach(self) -> Reach:
        return Window(self.extent, tuple(Fraction(step) for step in self.stride))


@final
@dataclass(frozen=True, kw_only=True)
class Maxpool(Op):
    """Maximum of each window: y[c, i] = max over k of x[c, s i + d k - p], padding left out.

    Shape: [C, *size] -> [C, *size'] with size' = floor((size + 2 pad - dilation (kernel - 1) - 1) /
    stride) + 1. With `ceil=true` the quotient is rounded up, but the last window must start inside
    the input or its left padding. With `return_indices=true` a second output `indices`, int64 of
    the same shape, numbers the place of each maximum within its channel, row by row.
    Other: prod(kernel) - 1 comparisons for each output.

    Source: Riesenhuber, Poggio 1999, Hierarchical Models of Object Recognition in Cortex.
    """

    name: ClassVar[str] = "maxpool"
    output_names: ClassVar[tuple[str, ...]] = ("output", "indices")

    kernel: Sizes = field(metadata=argument(sizes(), "size of the window"))
    stride: Sizes | None = field(
        default=None, metadata=argument(sizes(), "step of the window; the kernel if not given")
    )
    pad: Sizes = field(
        default=0,
        metadata=argument(sizes(minimum=0), "elements added on each side, at most half the kernel"),
    )
    dilation: Sizes = field(default=1, metadata=argument(sizes(), "spacing within the window"))
    return_indices: bool = field(
        default=False, metadata=argument(flag, "whether to give the places of the maxima as well")
    )
    ceil: bool = field(default=False, metadata=argument(flag, "whether the size is rounded up"))

    def sliding(self, rank: int) -> Sliding:
        """The window over `rank` spatial axes."""
        return Sliding.of(rank, self.kernel, self.stride, self.pad, self.dilation, self.ceil)

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        window = self.sliding(x.rank - 1)
        window.check_pad(self)
        y, constraints = window.infer(self, x)
        indices = (replace(y, dtype=DType.INT64),) if self.return_indices else ()
        return Inferred((y, *indices), constraints)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        y = self.infer(inputs).outputs[0]
        return Cost(0, y.elements * (prod(self.sliding(y.rank - 1).kernel) - 1))

    def reach(self, inputs: Types) -> Reach:
        return self.sliding(inputs[0].rank - 1).reach

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(kernel=2), _IMAGE)
        yield Case(cls(kernel=3, stride=2, pad=1), _IMAGE)
        yield Case(cls(kernel=(3, 2), stride=2, ceil=True), _IMAGE)
        yield Case(cls(kernel=3, stride=1, pad=1, ceil=True), _IMAGE)
        yield Case(cls(kernel=2, stride=3, pad=1, ceil=True), _IMAGE)
        yield Case(cls(kernel=(2, 3), dilation=(3, 2), stride=1, pad=1), _IMAGE)
        yield Case(cls(kernel=2, return_indices=True), _IMAGE)
        yield Case(cls(kernel=3, stride=2, ceil=True), _SIGNAL)
        yield Case(cls(kernel=(1, 2, 3), stride=2), _VOLUME)


@final
@dataclass(frozen=True, kw_only=True)
class Avgpool(Op):
    """Mean of each window: y[c, i] = sum over k of x[c, s i + k - p] / prod(kernel).

    With `count_include_pad=false` the sum is divided by the number of elements that are not
    padding. Elements that only `ceil` brings in are never counted.

    Shape: [C, *size] -> [C, *size'] with size' = floor((size + 2 pad - kernel) / stride) + 1. With
    `ceil=true` the quotient is rounded up, but the last window must start inside the input or its
    left padding.
    Other: prod(kernel) for each output: the additions and one division.

    Source: LeCun et al. 1989, Backpropagation Applied to Handwritten Zip Code Recognition.
    """

    name: ClassVar[str] = "avgpool"

    kernel: Sizes = field(metadata=argument(sizes(), "size of the window"))
    stride: Sizes | None = field(
        default=None, metadata=argument(sizes(), "step of the window; the kernel if not given")
    )
    pad: Sizes = field(
        default=0,
        metadata=argument(sizes(minimum=0), "zeros added on each side, at most half the kernel"),
    )
    ceil: bool = field(default=False, metadata=argument(flag, "whether the size is rounded up"))
    count_include_pad: bool = field(
        default=True, metadata=argument(flag, "whether the zeros count as elements of the mean")
    )

    def sliding(self, rank: int) -> Sliding:
        """The window over `rank` spatial axes."""
        return Sliding.of(rank, self.kernel, self.stride, self.pad, 1, self.ceil)

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        window = self.sliding(x.rank - 1)
        window.check_pad(self)
        y, constraints = window.infer(self, x)
        return Inferred((y,), constraints)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        y = self.infer(inputs).outputs[0]
        return Cost(0, y.elements * prod(self.sliding(y.rank - 1).kernel))

    def reach(self, inputs: Types) -> Reach:
        return self.sliding(inputs[0].rank - 1).reach

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(kernel=2), _IMAGE)
        yield Case(cls(kernel=3, stride=2, pad=1), _IMAGE)
        yield Case(cls(kernel=3, stride=1, pad=1, count_include_pad=False), _IMAGE)
        yield Case(cls(kernel=(3, 2), stride=2, ceil=True), _IMAGE)
        yield Case(cls(kernel=3, stride=2, pad=1, ceil=True), (TensorType((3, 8, 6)),))
        yield Case(
            cls(kernel=3, stride=2, pad=1, ceil=True, count_include_pad=False),
            (TensorType((3, 8, 6)),),
        )
        yield Case(cls(kernel=3, stride=2, pad=1), _SIGNAL)
        yield Case(cls(kernel=(1, 2, 3), stride=2), _VOLUME)


def _regions(size: Dim, count: int) -> tuple[Dim, ...]:
    """Lengths of the regions from floor(i size / count) to ceil((i + 1) size / count)."""
    return tuple(ceil_div(size * (i + 1), count) - floor_div(size * i, count) for i in range(count))


def _visited(x: TensorType, out: Sequence[int]) -> Dim:
    """Elements in all regions, those that several regions share counted for each."""
    totals: list[Dim] = []
    for size, count in zip(x.spatial, out, strict=True):
        total: Dim = 0
        for length in _regions(size, count):
            total = total + length
        totals.append(total)
    return x.with_shape(x.channels, *totals).elements


def _region_reach(x: TensorType, out: Sequence[int]) -> Reach:
    if all(count == 1 for count in out) or not all(isinstance(size, int) for size in x.spatial):
        return Everything()
    sizes_ = [size for size in x.spatial if isinstance(size, int)]
    longest = []
    for size, count in zip(sizes_, out, strict=True):
        longest.append(max(r for r in _regions(size, count) if isinstance(r, int)))
    steps = tuple(Fraction(size, count) for size, count in zip(sizes_, out, strict=True))
    return Window(tuple(longest), steps)


@final
@dataclass(frozen=True, kw_only=True)
class AdaptiveAvgpool(Op):
    """Mean of each of a fixed number of regions, whatever the size of the input.

    Output i of an axis of `size` elements is the mean of the elements from floor(i size / out) to
    ceil((i + 1) size / out), exclusive; regions overlap where out doesn't divide the size.

    Shape: [C, *size] -> [C, *out].
    Other: one operation for each element of each region (the additions and one division). Its
    receptive field is taken to be everything where the size of the input is symbolic.

    Source: He et al. 2014, Spatial Pyramid Pooling, arXiv:1406.4729.
    """

    name: ClassVar[str] = "adaptive_avgpool"

    out: Sizes = field(metadata=argument(sizes(), "size of the output"))

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        return Inferred((x.with_shape(x.channels, *per_axis(self.out, x.rank - 1, "out")),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        x = inputs[0]
        return Cost(0, _visited(x, per_axis(self.out, x.rank - 1, "out")))

    def reach(self, inputs: Types) -> Reach:
        return _region_reach(inputs[0], per_axis(self.out, inputs[0].rank - 1, "out"))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(out=1), _IMAGE)
        yield Case(cls(out=(3, 4)), _IMAGE)
        yield Case(cls(out=4), _IMAGE)
        yield Case(cls(out=(7, 7)), (TensorType((2, 3, 1)),))
        yield Case(cls(out=3), _SIGNAL)
        yield Case(cls(out=(2, 3, 4)), _VOLUME)


@final
@dataclass(frozen=True, kw_only=True)
class AdaptiveMaxpool(Op):
    """Maximum of each of a fixed number of regions, whatever the size of the input.

    Output i of an axis of `size` elements is the maximum of the elements from floor(i size / out)
    to ceil((i + 1) size / out), exclusive; regions overlap where out doesn't divide the size.

    Shape: [C, *size] -> [C, *out].
    Other: one comparison for each element of each region but the first. Its receptive field is
    taken to be everything where the size of the input is symbolic.

    Source: He et al. 2014, Spatial Pyramid Pooling, arXiv:1406.4729.
    """

    name: ClassVar[str] = "adaptive_maxpool"

    out: Sizes = field(metadata=argument(sizes(), "size of the output"))

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        return Inferred((x.with_shape(x.channels, *per_axis(self.out, x.rank - 1, "out")),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        x = inputs[0]
        visited = _visited(x, per_axis(self.out, x.rank - 1, "out"))
        return Cost(0, visited - self.infer(inputs).outputs[0].elements)

    def reach(self, inputs: Types) -> Reach:
        return _region_reach(inputs[0], per_axis(self.out, inputs[0].rank - 1, "out"))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(out=1), _IMAGE)
        yield Case(cls(out=(3, 4)), _IMAGE)
        yield Case(cls(out=4), _IMAGE)
        yield Case(cls(out=3), _SIGNAL)
        yield Case(cls(out=(2, 3, 4)), _VOLUME)


@final
@dataclass(frozen=True, kw_only=True)
class GlobalAvgpool(Op):
    """Mean of each channel over all places: y[c] = sum over i of x[c, i] / prod(size).

    Shape: [C, *size] -> [C, 1, ...]: the spatial axes stay, with size 1.
    Other: one operation for each element of the input (the additions and one division).

    Source: Lin, Chen, Yan 2013, Network In Network, arXiv:1312.4400.
    """

    name: ClassVar[str] = "global_avgpool"

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        return Inferred((x.with_shape(x.channels, *(1,) * (x.rank - 1)),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements)

    def reach(self, inputs: Types) -> Reach:
        return Everything()

    @classmethod
    def cases(cls) -> Iterator[Case]:
        for inputs in (_IMAGE, _SIGNAL, _VOLUME):
            yield Case(cls(), inputs)


@final
@dataclass(frozen=True, kw_only=True)
class GlobalMaxpool(Op):
    """Maximum of each channel over all places: y[c] = max over i of x[c, i].

    Shape: [C, *size] -> [C, 1, ...]: the spatial axes stay, with size 1.
    Other: one comparison for each element of the input but one in each channel.

    Source: Oquab et al. 2015, Is Object Localization for Free?
    """

    name: ClassVar[str] = "global_maxpool"

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        return Inferred((x.with_shape(x.channels, *(1,) * (x.rank - 1)),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements - self.infer(inputs).outputs[0].elements)

    def reach(self, inputs: Types) -> Reach:
        return Everything()

    @classmethod
    def cases(cls) -> Iterator[Case]:
        for inputs in (_IMAGE, _SIGNAL, _VOLUME):
            yield Case(cls(), inputs)
