"""Pooling with a sliding window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import ClassVar, final

from netlang.ir.arguments import argument, flag, sizes
from netlang.ir.constraints import Constraint
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import Along, AxisRule, Numbered, Reach, Same, Window
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops import spatial
from netlang.ops.checks import batched, spatial_input
from netlang.ops.derive import elements, numbers, out_axis, slid, spare, sum_of, times
from netlang.ops.spatial import Padding, Sizes, WrittenWindow, axis_name, extents, padding, per_axis
from netlang.records import Record, replace

__all__ = ["Avgpool", "Maxpool", "Sliding", "ceil_padding"]

_IMAGE = (TensorType((3, 9, 8)),)
_SIGNAL = (TensorType((2, 11)),)
_VOLUME = (TensorType((2, 5, 6, 7)),)


def ceil_padding(
    pads: Sequence[Padding], extent: Sequence[int], stride: Sequence[int]
) -> tuple[Padding, ...]:
    """The padding with which rounding down gives the size that `ceil=true` asks for.

    PyTorch rounds up, (size + 2p - e + s - 1)//s + 1, and drops the last window if it starts after
    the input and its left padding. That is the minimum with (size + p - 1)//s + 1; floors by one
    divisor allow taking the minimum inside.
    """
    return tuple(
        (before, after + min(step - 1, window - after - 1))
        for (before, after), window, step in zip(pads, extent, stride, strict=True)
    )


class Sliding(Record):
    """A window over spatial axes, one entry per axis; `ceil` is expressed by the padding."""

    kernel: tuple[int, ...]
    dilation: tuple[int, ...]
    extent: tuple[int, ...]
    stride: tuple[int, ...]
    pads: tuple[Padding, ...]

    @classmethod
    def of(cls, op: Maxpool | Avgpool, rank: int, dilation: Sizes = 1) -> Sliding:
        """The window that the arguments of a pool describe."""
        window = per_axis(op.kernel, rank, "kernel")
        spacing = per_axis(dilation, rank, "dilation")
        extent = extents(window, spacing)
        steps = window if op.stride is None else per_axis(op.stride, rank, "stride")
        pads = padding(op.pad, extent)
        pads = ceil_padding(pads, extent, steps) if op.ceil else pads
        return cls(window, spacing, extent, steps, pads)

    def infer(
        self, op: Maxpool | Avgpool, x: TensorType
    ) -> tuple[TensorType, tuple[Constraint, ...]]:
        """The pooled type and the conditions on the sizes."""
        constraints = spatial.fits(op, x.spatial, self.pads, self.extent)
        counts = spatial.slide(x.spatial, self.pads, self.extent, self.stride)
        given = WrittenWindow(self.kernel, self.stride, op.pad, self.dilation, op.ceil)
        counts = spatial.with_origins(counts, x.spatial, given)
        return x.with_shape(x.channels, *counts), constraints

    def check_pad(self, op: Op) -> None:
        """At most half of the kernel is padding, even if it is dilated, as in PyTorch."""
        for axis, ((pad, _), window) in enumerate(zip(self.pads, self.kernel, strict=True)):
            if pad > window // 2:
                from netlang.diagnostics.language.shapes import PadTooLarge

                raise Rejection(
                    PadTooLarge, argument="pad", operator=op.name, pad=pad, most=window // 2,
                    axis=axis_name(len(self.pads), axis), reason="half of the kernel",
                )  # fmt: skip

    def reads(self, op: Op, x: TensorType) -> tuple[Constraint, ...]:
        """The condition that no window skips the whole input and reads only padding.

        The first element of a window that isn't before the input is at -pad mod dilation in the
        first window. Later windows that begin in the padding skip no input that fits.
        """
        found: tuple[Constraint, ...] = ()
        for axis, (size, (pad, _)) in enumerate(zip(x.spatial, self.pads, strict=True)):
            dilation, where = self.dilation[axis], axis_name(len(self.pads), axis)
            first = -pad % dilation
            if isinstance(size, int) and size <= first:
                from netlang.diagnostics.language.shapes import WindowOfPadding

                raise Rejection(
                    WindowOfPadding, argument="dilation", operator=op.name, axis=where,
                    dilation=dilation, size=size,
                )  # fmt: skip
            if first >= self.extent[axis] - sum(self.pads[axis]):
                reason = f"a window of `{op.name}` would read nothing but padding along the {where}"
                found += spatial.at_least(size, first + 1, reason)
        return found

    def sizes(self, x: TensorType, ceil: bool) -> tuple[Line, ...]:
        """The derivation of each axis' size."""
        if not ceil:
            return slid(x.spatial, self.pads, self.kernel, self.dilation, self.stride)
        return tuple(self._rounded_up(x, axis) for axis in range(len(self.kernel)))

    def _rounded_up(self, x: TensorType, axis: int) -> Line:
        """PyTorch's rule: rounded up, but the last window must read some of the input."""
        (size,), pad, stride = numbers((x.spatial[axis],)), self.pads[axis][0], self.stride[axis]
        room, text = spare(size, (pad, pad), self.kernel[axis], self.dilation[axis])
        windows = -(-room // stride) + 1
        what, formula = out_axis(x.rank, axis + 1), f"ceil(({text})/{stride}) + 1"
        if (windows - 1) * stride >= size + pad:
            note = "the last window would start in the padding at the end"
            return Line(what, f"{formula} - 1", windows - 1, note)
        return Line(what, formula, windows)

    @property
    def rules(self) -> tuple[AxisRule, ...]:
        """What an output element reads along each axis, the channels first."""
        pads = [before for before, _ in self.pads]
        return (Same(), *map(Window, self.kernel, self.stride, pads, self.dilation))


@final
class Maxpool(Op):
    """Maximum of each window: y[c, i] = max over k of x[c, s i + d k - p], without padding.

    Shape: [C, *size] -> [C, *size'] with size' = floor((size + 2 pad - dilation (kernel - 1) - 1) /
    stride) + 1. With `ceil=true` the quotient is rounded up, but the last window must start inside
    the input or its left padding. Each window must read some of the input: size > -pad mod
    dilation. With `return_indices=true` a second output `indices`, int64 of
    the same shape, numbers the place of each maximum within its channel, row by row.
    Other: prod(kernel) - 1 comparisons for each output.

    Source: Riesenhuber, Poggio 1999, Hierarchical Models of Object Recognition in Cortex.
    """

    name: ClassVar[str] = "maxpool"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    one_example: ClassVar[bool] = True
    output_names: ClassVar[tuple[str, ...]] = ("output", "indices")

    kernel: Sizes = argument(sizes(), "size of the window")
    stride: Sizes | None = argument(
        sizes(), "step of the window; the kernel if not given", default=None
    )
    pad: Sizes = argument(
        sizes(minimum=0), "elements added on each side, at most half the kernel", default=0
    )
    dilation: Sizes = argument(sizes(), "spacing within the window", default=1)
    return_indices: bool = argument(
        flag, "whether to give the places of the maxima as well", default=False
    )
    ceil: bool = argument(flag, "whether the size is rounded up", default=False)

    def sliding(self, rank: int) -> Sliding:
        """The window over `rank` spatial axes."""
        return Sliding.of(self, rank, self.dilation)

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        window = self.sliding(x.rank - 1)
        if self.return_indices:
            batched(self, x)
        window.check_pad(self)
        y, constraints = window.infer(self, x)
        constraints += window.reads(self, x)
        indices = (replace(y, dtype=DType.INT64),) if self.return_indices else ()
        return Inferred((y, *indices), constraints)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        y = self.infer(inputs).outputs[0]
        return Cost(0, y.elements * (prod(self.sliding(y.rank - 1).kernel) - 1))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        window = self.sliding(inputs[0].rank - 1)
        if output == 0:
            return Along(window.rules)
        before, spatial = tuple(pad for pad, _ in window.pads), inputs[0].spatial
        geometry = (window.kernel, window.stride, before, window.dilation, spatial)
        return Numbered(window.rules, geometry)

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        window = self.sliding(x.rank - 1)
        places = elements(y)
        text = f"{times(places)}*({times(window.kernel)} - 1)"
        compared = prod(places) * (prod(window.kernel) - 1)
        return (*window.sizes(x, self.ceil), Line("other operations", text, compared))

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(kernel=2), _IMAGE)
        yield Case(cls(kernel=3, stride=2, pad=1), _IMAGE)
        yield Case(cls(kernel=(3, 2), stride=2, ceil=True), _IMAGE)
        yield Case(cls(kernel=3, stride=1, pad=1, ceil=True), _IMAGE)
        yield Case(cls(kernel=2, stride=3, pad=1, ceil=True), _IMAGE)
        yield Case(cls(kernel=(2, 3), dilation=(3, 2), stride=1, pad=1), _IMAGE)
        yield Case(cls(kernel=2, return_indices=True), _IMAGE)
        yield Case(cls(kernel=3, stride=2, pad=1, ceil=True, return_indices=True), _IMAGE)
        far = cls(kernel=2, stride=3, pad=1, dilation=3, ceil=True, return_indices=True)
        yield from (Case(far, _IMAGE), Case(far, _SIGNAL))
        yield Case(cls(kernel=3, stride=2, return_indices=True), _SIGNAL)
        yield Case(cls(kernel=(2, 2, 3), stride=2, return_indices=True), _VOLUME)
        yield Case(cls(kernel=3, stride=2, ceil=True), _SIGNAL)
        yield Case(cls(kernel=(1, 2, 3), stride=2), _VOLUME)
        yield Case(cls(kernel=2), (TensorType((4, 6), batch=None),))


@final
class Avgpool(Op):
    """Mean of each window: y[c, i] = sum over k of x[c, s i + k - p] / prod(kernel).

    With `count_include_pad=false` the sum is divided by the number of elements that are not
    padding. Elements that exist only because of `ceil` are never counted.

    Shape: [C, *size] -> [C, *size'] with size' = floor((size + 2 pad - kernel) / stride) + 1. With
    `ceil=true` the quotient is rounded up, but the last window must start inside the input or its
    left padding. Over three axes the kernel must fit into the input without its padding.
    Other: prod(kernel) for each output: the additions and one division.

    Source: LeCun et al. 1989, Backpropagation Applied to Handwritten Zip Code Recognition.
    """

    name: ClassVar[str] = "avgpool"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    one_example: ClassVar[bool] = True

    kernel: Sizes = argument(sizes(), "size of the window")
    stride: Sizes | None = argument(
        sizes(), "step of the window; the kernel if not given", default=None
    )
    pad: Sizes = argument(
        sizes(minimum=0), "zeros added on each side, at most half the kernel", default=0
    )
    ceil: bool = argument(flag, "whether the size is rounded up", default=False)
    count_include_pad: bool = argument(
        flag, "whether the zeros count as elements of the mean", default=True
    )

    def sliding(self, rank: int) -> Sliding:
        """The window over `rank` spatial axes."""
        return Sliding.of(self, rank)

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        window = self.sliding(x.rank - 1)
        window.check_pad(self)
        y, constraints = window.infer(self, x)
        if x.rank == 4:
            constraints += spatial.fits(self, x.spatial, ((0, 0),) * 3, window.extent)
        return Inferred((y,), constraints)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        y = self.infer(inputs).outputs[0]
        return Cost(0, y.elements * prod(self.sliding(y.rank - 1).kernel))

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return Along(self.sliding(inputs[0].rank - 1).rules)

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        window = self.sliding(x.rank - 1)
        work = sum_of("other operations", (*elements(y), *window.kernel))
        return (*window.sizes(x, self.ceil), work)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(kernel=2), _IMAGE)
        yield Case(cls(kernel=3, stride=2, pad=1), _IMAGE)
        yield Case(cls(kernel=3, stride=1, pad=1, count_include_pad=False), _IMAGE)
        yield Case(cls(kernel=(3, 2), stride=2, ceil=True), _IMAGE)
        yield Case(cls(kernel=3, stride=2, pad=1, ceil=True), (TensorType((3, 8, 6)),))
        inside = cls(kernel=3, stride=2, pad=1, ceil=True, count_include_pad=False)
        yield Case(inside, (TensorType((3, 8, 6)),))
        yield Case(cls(kernel=3, stride=2, pad=1), _SIGNAL)
        yield Case(cls(kernel=(1, 2, 3), stride=2), _VOLUME)
        yield Case(cls(kernel=2), (TensorType((4, 6), batch=None),))
