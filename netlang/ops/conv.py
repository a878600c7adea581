"""Convolutions over one to three spatial axes."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, count, default_of, flag, positive, sizes
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import Along, AxisRule, Everywhere, Grouped, Reach
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import KaimingUniform, Uniform, Weight
from netlang.ops.checks import divisible, fixed, spatial_input
from netlang.ops.derive import (
    batch_of,
    biases,
    learned,
    numbers,
    out_axis,
    plain,
    slid,
    split,
    times,
)  # fmt: skip
from netlang.ops.given import check_given, not_given
from netlang.ops.spatial import (
    AxisWindows,
    Sizes,
    WrittenWindow,
    extents,
    fits,
    pad_available,
    padding,
    per_axis,
    slide,
    windows_of,
    with_origins,
)  # fmt: skip

__all__ = ["Conv", "channels_of", "channels_read", "learned_tensors", "reach_of"]


def channels_of(op: Op, x: TensorType) -> int:
    """The number of input channels, which determines the size of the weights."""
    return fixed(op, x.channels, "the input channels")


def learned_tensors(
    kernel: tuple[int, ...], out: int, fan_in: int, bias: bool
) -> tuple[Weight, ...]:
    """PyTorch's default: both from U(-b, b) with b = 1/sqrt(fan_in)."""
    weight = Weight("weight", kernel, KaimingUniform(fan_in))
    if not bias:
        return (weight,)
    return (weight, Weight("bias", (out,), Uniform(fan_in**-0.5)))


def channels_read(channels: int, out: int, groups: int) -> AxisRule:
    """What an output channel reads of the input channels: those of its group."""
    return Everywhere() if groups == 1 else Grouped(out // groups, channels // groups)


def _counts(x: TensorType, windows: AxisWindows) -> tuple[Dim, ...]:
    """The numbers of windows that fit."""
    return slide(x.spatial, windows.pads, windows.extent, windows.stride)


def reach_of(kernel: Sizes, dilation: Sizes, rank: int) -> tuple[int, ...]:
    """The length that the window covers along each axis."""
    taps = per_axis(kernel, rank, "kernel")
    return extents(taps, per_axis(dilation, rank, "dilation"))


@final
class Conv(Op):
    """Convolution (cross-correlation) over one to three spatial axes.

    y[o] = b[o] + sum over c, k of w[o, c, k] x[c, s i + d k - p], each output channel reading the
    in/groups input channels of its group. With `standardize` (weight standardisation) it takes (w -
    m) / sqrt(v + eps) for w, m and v being mean and variance (divided by n, not n - 1) of the
    weights of one output channel.

    Shape: [C, L] -> [out, L'], [C, H, W] -> [out, H', W'], [C, D, H, W] -> [out, D', H', W'] with
    size' = floor((size + 2 pad - dilation (kernel - 1) - 1) / stride) + 1. `pad=same` adds dilation
    (kernel - 1) in all, the odd one at the end, which gives size' = ceil(size / stride).
    Parameters: weight [out, C/groups, *kernel] and bias [out].
    MACs: N out C/groups prod(kernel) prod(size'). Other: one addition of the bias for each output;
    deployed, standardised weights are fixed numbers.

    Source: LeCun et al. 1989, Backpropagation Applied to Handwritten Zip Code Recognition; groups:
    Krizhevsky et al. 2012; dilation: Yu, Koltun 2015, arXiv:1511.07122; weight standardisation:
    Qiao et al. 2019, arXiv:1903.10520.
    """

    name: ClassVar[str] = "conv"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    one_example: ClassVar[bool] = True
    weight_values: ClassVar[tuple[str, ...]] = ("weight", "bias")

    out: int = argument(count, "number of output channels")
    kernel: Sizes = argument(sizes(), "size of the window")
    stride: Sizes = argument(sizes(), "step of the window", default=1)
    pad: Sizes | str = argument(
        sizes("same", minimum=0), "elements added on each side, or `same`", default=0
    )
    dilation: Sizes = argument(sizes(), "spacing of the kernel's taps", default=1)
    groups: int = argument(count, "number of groups that the channels are split into", default=1)
    bias: bool = argument(flag, "whether to add a learned bias", default=True)
    pad_mode: str = argument(
        choice("zeros", "reflect", "replicate", "circular"), "what to pad with", default="zeros"
    )
    standardize: bool = argument(
        flag, "whether to standardise each channel's weights", default=False
    )
    eps: float = argument(positive, "added to the variance of standardised weights", default=1e-6)

    def infer(self, inputs: Types) -> Inferred:
        x = spatial_input(self, inputs)
        divisible(self, channels_of(self, x), self.groups, "the input channels", "groups")
        divisible(self, self.out, self.groups, "`out`", "groups")
        self._check_eps()
        self._check_standardized()
        check_given(self, inputs)
        windows, spatial = self._windows(x), x.spatial
        constraints = fits(self, spatial, windows.pads, windows.extent)
        constraints += pad_available(self, self.pad_mode, spatial, windows.pads)
        written = WrittenWindow(self.kernel, self.stride, self.pad, self.dilation)
        places = with_origins(_counts(x, windows), spatial, written)
        return Inferred((TensorType((self.out, *places), x.dtype, x.batch),), constraints)

    def _windows(self, x: TensorType) -> AxisWindows:
        return windows_of(self.kernel, self.stride, self.pad, self.dilation, len(x.shape) - 1)

    def _check_eps(self) -> None:
        if self.eps != default_of(type(self), "eps") and not self.standardize:
            from netlang.diagnostics.language.shapes import ConflictingArguments

            raise Rejection(
                ConflictingArguments, argument="eps", operator=self.name,
                conflict=f"`eps` is {self.eps}, and `standardize` is false",
                advice="give `standardize=true` too: without it, nothing uses `eps`",
            )  # fmt: skip

    def _check_standardized(self) -> None:
        if self.standardize and "weight" in self.given:
            from netlang.diagnostics.language.shapes import ConflictingArguments

            raise Rejection(
                ConflictingArguments, argument="standardize", operator=self.name,
                conflict="`standardize` is for a weight of the layer's own, and this is a value",
                advice="standardise the value in steps: `layer_norm(axes=[1, 2, 3], affine=false)`",
            )  # fmt: skip

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        x = inputs[0]
        kernel = per_axis(self.kernel, len(x.shape) - 1, "kernel")
        channels = channels_of(self, x) // self.groups
        fan_in = channels * prod(kernel)
        every = learned_tensors((self.out, channels, *kernel), self.out, fan_in, self.bias)
        return not_given(self, every)

    def cost(self, inputs: Types) -> Cost:
        x = inputs[0]
        windows = self._windows(x)
        elements = TensorType((self.out, *_counts(x, windows)), x.dtype, x.batch).elements
        kernel = windows.kernel
        taps = channels_of(self, x) // self.groups * prod(kernel)
        return Cost(elements * taps, elements if self.bias else 0)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        x = inputs[0]
        channels = channels_read(channels_of(self, x), self.out, self.groups)
        return Along((channels, *self._windows(x).rules))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        x, y = inputs[0], self.infer(inputs).outputs[0]
        rank = x.rank - 1
        kernel = per_axis(self.kernel, rank)
        window = (kernel, per_axis(self.dilation, rank), per_axis(self.stride, rank))
        places = (*batch_of(y), *numbers(y.spatial))
        channels = channels_of(self, x)
        read = split(channels, self.groups)
        count = prod(kernel) * (channels // self.groups) * self.out
        return (
            plain(out_axis(y.rank, 0), self.out),
            *slid(
                x.spatial, padding(self.pad, reach_of(self.kernel, self.dilation, rank)), *window
            ),
            learned((*kernel, read, self.out), count, self.out, self.bias),
            Line("MACs", times((*places, self.out, *kernel, read)), prod(places) * count),
            *biases(y, self.bias),
        )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        image = (TensorType((4, 9, 8)),)
        yield Case(cls(out=6, kernel=3), image)
        yield Case(cls(out=6, kernel=(3, 3), stride=2, pad=1, bias=False), image)
        yield Case(cls(out=6, kernel=(1, 5), stride=(1, 2), pad=(0, 2), dilation=(3, 1)), image)
        yield Case(cls(out=8, kernel=3, groups=2, dilation=2), image)
        yield Case(cls(out=4, kernel=3, pad="same", groups=4, bias=False), image)
        yield Case(cls(out=5, kernel=(4, 3), pad="same"), image)
        yield Case(cls(out=4, kernel=(2, 3), stride=2, pad="same", dilation=(1, 2)), image)
        yield Case(cls(out=4, kernel=1), (TensorType((3, 1, 1)),))
        yield Case(cls(out=3, kernel=3, pad=2, pad_mode="reflect"), image)
        yield Case(cls(out=3, kernel=4, pad="same", pad_mode="replicate"), image)
        yield Case(cls(out=3, kernel=3, stride=2, pad=(1, 3), pad_mode="circular"), image)
        yield Case(cls(out=6, kernel=3, groups=2, standardize=True), image)
        yield Case(cls(out=4, kernel=4, pad="same", stride=2, standardize=True, eps=1e-3), image)
        yield Case(cls(out=5, kernel=3, bias=False, standardize=True), (TensorType((2, 11)),))
        yield Case(cls(out=5, kernel=5, stride=2, pad=1), (TensorType((1, 40)),))
        yield Case(cls(out=5, kernel=3, pad=2, pad_mode="reflect"), (TensorType((2, 11)),))
        yield Case(cls(out=4, kernel=(3, 2, 1), stride=2, pad=1), (TensorType((2, 5, 6, 7)),))
        yield Case(cls(out=2, kernel=3, pad=1, pad_mode="replicate"), (TensorType((2, 4, 5, 3)),))
        yield Case(cls(out=4, kernel=3, pad=1), (TensorType((2, 5, 4), batch=None),))
