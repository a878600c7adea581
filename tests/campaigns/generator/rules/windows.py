"""Rules of the operators whose windows slide over spatial axes."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.ir.op import Op
from netlang.ops.conv import Conv
from netlang.ops.conv_transpose import ConvTranspose
from netlang.ops.pool import Avgpool, Maxpool
from netlang.ops.unpool import MaxUnpool
from tests.campaigns.generator.draw import Draw, divisors
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.base import channels, places, step

__all__ = ["unpooled"]

MODES = ("reflect", "replicate", "circular")


def _windows(draw: Draw, sizes: Sequence[int], largest: int) -> tuple[list[int], ...]:
    """Kernel, dilation, stride and pad of each axis, such that the window fits at least once."""
    same = draw.chance(0.5)
    kernel: list[int] = []
    dilation: list[int] = []
    stride: list[int] = []
    pad: list[int] = []
    for axis, size in enumerate(sizes):
        if same and axis and sizes[0] <= size:
            for values in (kernel, dilation, stride, pad):
                values.append(values[0])
            continue
        p = draw.pick((0, 0, 1, 1, 2, 3))
        d = draw.pick((1, 1, 1, 2, 3))
        k = draw.whole(1, largest)
        while d * (k - 1) + 1 > size + 2 * p:
            k, d = k - 1, 1 if k < 3 else d
        kernel.append(k)
        dilation.append(d)
        stride.append(draw.pick((1, 1, 1, 2, 2, 3)))
        pad.append(p)
    return kernel, dilation, stride, pad


def _pad_mode(draw: Draw, sizes: Sequence[int], pads: Sequence[int]) -> str:
    """A mode that has enough input to pad with."""
    if draw.chance(0.6):
        return "zeros"
    mode = draw.pick(MODES)
    spare = {"reflect": 1, "circular": 0}.get(mode, -99)
    return mode if all(p <= s - spare for p, s in zip(pads, sizes, strict=True)) else "zeros"


@step("conv")
def _conv(draw: Draw, x: Value) -> Op | None:
    count = channels(x)
    if count is None or not places(x):
        return None
    sizes = [draw.size(dim) for dim in x.type.spatial]
    kernel, dilation, stride, pad = _windows(draw, sizes, 5 if len(sizes) < 3 else 3)
    groups = draw.pick(divisors(count)) if draw.chance(0.5) else 1
    out = groups * draw.whole(1, max(1, 12 // groups))
    same, standardize = draw.chance(0.25), draw.chance(0.15)
    if same and draw.chance(0.6):
        # At stride 1 the backends pad in ways of their own.
        stride = [1] * len(sizes)
    pads = [d * (k - 1) // 2 + d * (k - 1) % 2 for k, d in zip(kernel, dilation, strict=True)]
    return Conv(
        out=out,
        kernel=draw.per_axis(kernel),
        stride=draw.per_axis(stride),
        pad="same" if same else draw.per_axis(pad),
        dilation=draw.per_axis(dilation),
        groups=groups,
        bias=draw.chance(0.7),
        pad_mode=_pad_mode(draw, sizes, pads if same else pad),
        standardize=standardize,
        eps=draw.near(1e-2) if standardize and draw.chance(0.5) else 1e-6,
    )


@step("conv_transpose")
def _conv_transpose(draw: Draw, x: Value) -> Op | None:
    count = channels(x)
    if count is None or not places(x):
        return None
    kernel, stride, pad, more, dilation = [], [], [], [], []
    for dim in x.type.spatial:
        size, k, s, d = draw.size(dim), draw.whole(1, 4), draw.pick((1, 1, 2, 3)), 1
        d = draw.pick((1, 1, 2))
        o = draw.whole(0, max(s, d) - 1) if draw.chance(0.5) else 0
        whole = (size - 1) * s + d * (k - 1) + o + 1
        kernel.append(k)
        stride.append(s)
        dilation.append(d)
        more.append(o)
        pad.append(draw.whole(0, min(3, (whole - 1) // 2)))
    groups = draw.pick(divisors(count)) if draw.chance(0.8) else 1
    return ConvTranspose(
        out=groups * draw.whole(1, max(1, 10 // groups)),
        kernel=draw.per_axis(kernel),
        stride=draw.per_axis(stride),
        pad=draw.per_axis(pad),
        output_pad=draw.per_axis(more),
        groups=groups,
        bias=draw.chance(0.7),
        dilation=draw.per_axis(dilation),
    )


@step("maxpool")
def _maxpool(draw: Draw, x: Value) -> Op | None:
    if not places(x):
        return None
    sizes = [draw.size(dim) for dim in x.type.spatial]
    kernel, dilation, stride, pad = _windows(draw, sizes, 4)
    ceil = draw.chance(0.4)
    for axis, size in enumerate(sizes):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        pad[axis] = min(pad[axis], kernel[axis] // 2)
        more = min(stride[axis] - 1, reach - pad[axis] - 1) if ceil and stride[axis] else 0
        # Elements of a dilated window may all miss a short input; then there is no maximum.
        missed = size <= -pad[axis] % dilation[axis]
        if reach > size + 2 * pad[axis] + more or missed:
            kernel[axis], pad[axis] = 1, 0
    return Maxpool(
        kernel=draw.per_axis(kernel),
        stride=draw.per_axis(stride) if ceil or draw.chance(0.6) else None,
        pad=draw.per_axis(pad),
        dilation=draw.per_axis(dilation),
        return_indices=draw.chance(0.3),
        ceil=ceil,
    )


@step("avgpool")
def _avgpool(draw: Draw, x: Value) -> Op | None:
    if not places(x):
        return None
    sizes = [draw.size(dim) for dim in x.type.spatial]
    kernel, _, stride, pad = _windows(draw, sizes, 4)
    for axis, size in enumerate(sizes):
        pad[axis] = min(pad[axis], kernel[axis] // 2)
        # Over three axes a window must fit without its padding.
        if kernel[axis] > size + (2 * pad[axis] if len(sizes) < 3 else 0):
            kernel[axis], pad[axis] = 1, 0
    return Avgpool(
        kernel=draw.per_axis(kernel),
        stride=draw.per_axis(stride) if draw.chance(0.7) else None,
        pad=draw.per_axis(pad),
        ceil=draw.chance(0.4),
        count_include_pad=draw.chance(0.6),
    )


def unpooled(draw: Draw, x: Value) -> tuple[Maxpool, MaxUnpool] | None:
    """A pool that gives places, and what puts its maxima back into the shape of `x`."""
    if not places(x) or not all(isinstance(dim, int) for dim in x.type.shape):
        return None
    sizes = draw.shape(x.type)[1:]
    # A window as large as its step, so that no element is the maximum of two windows.
    kernel = [draw.whole(1, min(3, size)) for size in sizes]
    window = draw.per_axis(kernel)
    return Maxpool(kernel=window, return_indices=True), MaxUnpool(kernel=window, size=sizes)
