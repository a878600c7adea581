"""Transposed convolutions over one to three spatial axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import ClassVar, final

from netlang.ir.arguments import argument, count, flag, sizes
from netlang.ir.constraints import Constraint
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import Along, Reach, TransposedWindow
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import divisible, spatial_input
from netlang.ops.conv import channels_of, channels_read, learned_tensors
from netlang.ops.derive import (
    batch_of,
    biases,
    enlarged,
    learned,
    numbers,
    out_axis,
    plain,
    split,
    times,
)  # fmt: skip
from netlang.ops.given import check_given, not_given
from netlang.ops.spatial import Sizes, at_least, axis_name, per_axis
from netlang.ops.tracing import traced_enlarged

__all__ = ["ConvTranspose"]


@final
class ConvTranspose(Op):
    """Transposed convolution: the gradient of `conv` with respect to its input, as a layer.

    Every input element adds its value times the kernel to the output at `stride` times its place;
    `pad` elements are then cut off on each side and `output_pad` added at the end.

    Shape: [C, *size] -> [out, *size'] with size' = (size - 1) stride - 2 pad +
    dilation (kernel - 1) + output_pad + 1.
    Parameters: weight [C, out/groups, *kernel] and bias [out].
    MACs: N C out/groups prod(kernel) prod(size). Other: one addition of the bias for each output.

    Source: Zeiler et al. 2010, Deconvolutional Networks; Long et al. 2014, arXiv:1411.4038.
    """

    name: ClassVar[str] = "conv_transpose"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    one_example: ClassVar[bool] = True
    weight_values: ClassVar[tuple[str, ...]] = ("weight", "bias")

    out: int = argument(count, "number of output channels")
    kernel: Sizes = argument(sizes(), "size of the window")
    stride: Sizes = argument(sizes(), "step in the output", default=1)
    pad: Sizes = argument(sizes(minimum=0), "elements cut off on each side", default=0)
    output_pad: Sizes = argument(
        sizes(minimum=0), "elements added at the end, fewer than stride or dilation", default=0
    )
    groups: int = argument(count, "number of groups that the channels are split into", default=1)
    bias: bool = argument(flag, "whether to add a learned bias", default=True)
    dilation: Sizes = argument(sizes(), "spacing of the kernel's taps", default=1)

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        divisible(self, channels_of(self, x), self.groups, "the input channels", "groups")
        divisible(self, self.out, self.groups, "`out`", "groups")
        check_given(self, inputs)
        spatial = self._enlarged(x.spatial)
        constraints: tuple[Constraint, ...] = ()
        for axis, size in enumerate(spatial):
            constraints += self._not_empty(size, axis_name(len(spatial), axis))
        return Inferred((x.with_shape(self.out, *spatial),), constraints)

    def _enlarged(self, spatial: Sequence[Dim]) -> tuple[Dim, ...]:
        extra, windows = self._extra(len(spatial)), self._windows(len(spatial))
        self._check_output_pad(extra, windows)
        return tuple(map(traced_enlarged, spatial, windows, extra))

    def _extra(self, rank: int) -> tuple[int, ...]:
        return per_axis(self.output_pad, rank, "output_pad")

    def _windows(self, rank: int) -> tuple[TransposedWindow, ...]:
        return tuple(
            map(
                TransposedWindow,
                per_axis(self.kernel, rank, "kernel"),
                per_axis(self.stride, rank, "stride"),
                per_axis(self.pad, rank, "pad"),
                per_axis(self.dilation, rank, "dilation"),
            )
        )

    def _check_output_pad(self, extra: Sequence[int], windows: Sequence[TransposedWindow]) -> None:
        for more, window in zip(extra, windows, strict=True):
            step, spacing = window.stride, window.dilation
            if more >= max(step, spacing):
                from netlang.diagnostics.language.shapes import ConflictingArguments

                raise Rejection(
                    ConflictingArguments, argument="output_pad", operator=self.name,
                    conflict=f"`output_pad` is {more}, and `stride` {step}, `dilation` {spacing}",
                    advice="`output_pad` must be smaller than `stride` or `dilation`",
                )  # fmt: skip

    def _not_empty(self, size: Dim, axis: str) -> tuple[Constraint, ...]:
        if isinstance(size, int) and size < 1:
            from netlang.diagnostics.language.shapes import EmptyOutput

            raise Rejection(
                EmptyOutput, argument="pad", operator=self.name, axis=axis, size=size,
                advice="use a smaller `pad`",
            )  # fmt: skip
        return at_least(size, 1, f"`{self.name}` must leave some of the {axis}")

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        x = inputs[0]
        kernel = per_axis(self.kernel, x.rank - 1, "kernel")
        out = self.out // self.groups
        shape = (channels_of(self, x), out, *kernel)
        return not_given(self, learned_tensors(shape, self.out, out * prod(kernel), self.bias))

    def cost(self, inputs: Types) -> Cost:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        kernel = per_axis(self.kernel, x.rank - 1, "kernel")
        macs = x.elements * (self.out // self.groups * prod(kernel))
        return Cost(macs, y.elements if self.bias else 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        channels = channels_read(channels_of(self, inputs[0]), self.out, self.groups)
        return Along((channels, *self._windows(inputs[0].rank - 1)))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        kernel = per_axis(self.kernel, x.rank - 1)
        places = (*batch_of(x), *numbers(x.spatial))
        channels = channels_of(self, x)
        made = split(self.out, self.groups)
        count = prod(kernel) * channels * (self.out // self.groups)
        return (
            plain(out_axis(y.rank, 0), self.out),
            *enlarged(x, y, self._windows(x.rank - 1), self._extra(x.rank - 1)),
            learned((*kernel, channels, made), count, self.out, self.bias),
            Line("MACs", times((*places, channels, *kernel, made)), prod(places) * count),
            *biases(y, self.bias),
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        image = (TensorType((4, 5, 6)),)
        yield Case(cls(out=6, kernel=2, stride=2), image)
        yield Case(cls(out=6, kernel=(3, 4), stride=2, pad=1, output_pad=(1, 0)), image)
        yield Case(cls(out=6, kernel=3, groups=2, dilation=2, bias=False), image)
        yield Case(cls(out=3, kernel=3, dilation=3, stride=2, output_pad=2), image)
        yield Case(cls(out=3, kernel=4), (TensorType((5, 1, 1)),))
        yield Case(cls(out=3, kernel=4, stride=3, pad=1), (TensorType((2, 7)),))
        yield Case(cls(out=2, kernel=(1, 2, 3), stride=(1, 2, 2)), (TensorType((2, 3, 4, 5)),))
        yield Case(cls(out=4, kernel=2, stride=2), (TensorType((2, 3, 4), batch=None),))
