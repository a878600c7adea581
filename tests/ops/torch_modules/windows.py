"""Operators over spatial axes as torch modules: convolutions, pools, cuts and resizing."""

from __future__ import annotations

from importlib import import_module
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn import functional

from netlang.ir.types import Types
from netlang.ops import (
    adaptive_pool,
    conv,
    conv_transpose,
    cut,
    pool,
    region,
    shuffle,
    split,
    unpool,
    upsample,
)
from netlang.ops.spatial import per_axis
from tests.analysis.oracles import torchvision_models
from tests.ops.torch_modules.base import Applied, build, by_rank, channels, torch_axis

__all__: list[str] = []


def _is_stepped(stride: int | tuple[int, ...]) -> bool:
    return stride != 1 if isinstance(stride, int) else any(step != 1 for step in stride)


class PaddedConv(nn.Module):
    """`pad=same` with a stride, which torch refuses: pads first, then convolves."""

    def __init__(self, inner: nn.Module, dilation: int | tuple[int, ...]) -> None:
        super().__init__()
        self.inner = [inner]
        for name, value in inner.named_parameters():
            self.register_parameter(name, value)
        kernel = inner.get_parameter("weight").shape[2:]
        spacing = (dilation,) * len(kernel) if isinstance(dilation, int) else dilation
        totals = [d * (k - 1) for k, d in zip(kernel, spacing, strict=True)]
        self.pads = list(chain.from_iterable((t // 2, t - t // 2) for t in reversed(totals)))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.inner[0](functional.pad(x, self.pads))
        return result


class Standardized(nn.Module):
    """A convolution that reads its weights standardised, as timm's `StdConv2d` writes it."""

    def __init__(self, inner: nn.Module, eps: float) -> None:
        super().__init__()
        self.inner, self.eps = [inner], eps
        for name, value in inner.named_parameters():
            self.register_parameter(name, value)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.get_parameter("weight")
        rows = weight.reshape(1, len(weight), -1)
        standard = functional.batch_norm(rows, None, None, training=True, eps=self.eps)
        state = {**dict(self.named_parameters()), "weight": standard.reshape_as(weight)}
        result: Tensor = torch.func.functional_call(self.inner[0], state, (x,))
        return result


@build.register
def _(op: conv.Conv, inputs: Types) -> nn.Module:
    same_with_stride = op.pad == "same" and _is_stepped(op.stride)
    module = by_rank("Conv", inputs)(
        channels(inputs), op.out, op.kernel, op.stride, 0 if same_with_stride else op.pad,
        op.dilation, op.groups, op.bias, op.pad_mode,
    )  # fmt: skip
    found = Standardized(module, op.eps) if op.standardize else module
    return PaddedConv(found, op.dilation) if same_with_stride else found


@build.register
def _(op: conv_transpose.ConvTranspose, inputs: Types) -> nn.Module:
    return by_rank("ConvTranspose", inputs)(
        channels(inputs), op.out, op.kernel, op.stride, op.pad, op.output_pad, op.groups, op.bias,
        op.dilation,
    )  # fmt: skip


@build.register
def _(op: pool.Maxpool, inputs: Types) -> nn.Module:
    return by_rank("MaxPool", inputs)(
        op.kernel, op.stride, op.pad, op.dilation, op.return_indices, op.ceil
    )


@build.register
def _(op: unpool.MaxUnpool, inputs: Types) -> nn.Module:
    module = by_rank("MaxUnpool", inputs)(op.kernel, op.stride, op.pad)
    size = None if op.size is None else [int(str(wanted)) for wanted in op.size]
    return Applied(lambda x, indices: module(x, indices, output_size=size))


@build.register
def _(op: pool.Avgpool, inputs: Types) -> nn.Module:
    return by_rank("AvgPool", inputs)(op.kernel, op.stride, op.pad, op.ceil, op.count_include_pad)


@build.register
def _(op: adaptive_pool.AdaptiveAvgpool, inputs: Types) -> nn.Module:
    return by_rank("AdaptiveAvgPool", inputs)(op.out)


@build.register
def _(op: adaptive_pool.AdaptiveMaxpool, inputs: Types) -> nn.Module:
    return by_rank("AdaptiveMaxPool", inputs)(op.out)


@build.register
def _(op: adaptive_pool.GlobalAvgpool, inputs: Types) -> nn.Module:
    return by_rank("AdaptiveAvgPool", inputs)(1)


@build.register
def _(op: adaptive_pool.GlobalMaxpool, inputs: Types) -> nn.Module:
    return by_rank("AdaptiveMaxPool", inputs)(1)


def _narrowed(x: Tensor, axis: int, start: int, stop: int, step: int = 1) -> Tensor:
    """Refuses what lies outside, unlike torch's slices, and what leaves nothing."""
    if not 0 <= start < stop <= x.shape[axis]:
        raise IndexError(f"{start} to {stop} of {x.shape[axis]}")
    return x.narrow(axis, start, stop - start).index_select(
        axis, torch.arange(0, stop - start, step)
    )


@build.register
def _(op: cut.Slice, inputs: Types) -> nn.Module:
    def sliced(x: Tensor) -> Tensor:
        axis = torch_axis(op.axis)
        size = x.shape[axis]
        stop = size if op.stop is None else op.stop + (size if op.stop < 0 else 0)
        return _narrowed(x, axis, op.start + (size if op.start < 0 else 0), stop, op.step)

    return Applied(sliced)


@build.register
def _(op: split.Split, inputs: Types) -> nn.Module:
    parts = op.size if isinstance(op.size, int) else [int(str(part)) for part in op.size]
    return Applied(lambda x: x.split(parts, torch_axis(op.axis)))


def _rois(boxes: Tensor) -> Tensor:
    """torchvision's list of boxes, each with the number of its image."""
    images = torch.arange(len(boxes), device=boxes.device, dtype=boxes.dtype)
    return torch.cat([images.repeat_interleave(boxes.shape[1])[:, None], boxes.flatten(0, 1)], 1)


@build.register
def _(op: region.RoiAlign, inputs: Types) -> nn.Module:
    torchvision_models()
    module = import_module("torchvision.ops.roi_align")
    # The function itself: as it stands it is compiled first.
    roi_align = module._roi_align.__wrapped__
    height, width = per_axis(op.out, 2)

    def pooled(x: Tensor, boxes: Tensor) -> Tensor:
        result: Tensor = roi_align(
            x, _rois(boxes), op.scale, height, width, op.sampling_ratio, op.aligned
        )
        return result.reshape(*boxes.shape[:2], *result.shape[1:])

    return Applied(pooled)


def _covered(start: Tensor, end: Tensor, parts: int, length: int) -> Tensor:
    """Whether each place of an axis is in each part of each box."""
    width = (end - start + 1).clamp(min=1) / parts
    part, place = torch.arange(parts)[:, None], torch.arange(length)
    low = torch.floor(part * width[..., None, None]) + start[..., None, None]
    high = torch.ceil((part + 1) * width[..., None, None]) + start[..., None, None]
    return (place >= low) & (place < high)


@build.register
def _(op: region.RoiPool, inputs: Types) -> nn.Module:
    def pooled(x: Tensor, boxes: Tensor) -> Tensor:
        x1, y1, x2, y2 = torch.round(boxes * op.scale).unbind(-1)
        height, width = per_axis(op.out, 2)
        rows = _covered(y1, y2, height, x.shape[2])[:, :, None, :, None, :, None]
        columns = _covered(x1, x2, width, x.shape[3])[:, :, None, None, :, None, :]
        # [N, K, C, h, w, H, W]: far too much but for a test.
        every = x[:, None, :, None, None].where(rows & columns, -torch.inf)
        found = every.amax((-1, -2))
        return found.where(found > -torch.inf, 0.0)

    return Applied(pooled)


@build.register
def _(op: cut.Crop, inputs: Types) -> nn.Module:
    def cropped(x: Tensor) -> Tensor:
        for axis, wanted in enumerate(op.size, start=2):
            size = int(str(wanted))
            if op.offset is None:
                start = (x.shape[axis] - size) // 2
            else:
                start = op.offset if isinstance(op.offset, int) else op.offset[axis - 2]
            x = _narrowed(x, axis, start, start + size)
        return x

    return Applied(cropped)


@build.register
def _(op: cut.Pad, inputs: Types) -> nn.Module:
    amounts = list(chain.from_iterable(reversed(op.pads(inputs[0].rank - 1))))
    value = op.value if op.mode == "constant" else None
    return Applied(lambda x: functional.pad(x, amounts, op.mode, value))


@build.register
def _(op: upsample.Upsample, inputs: Types) -> nn.Module:
    corners = None if op.mode == "nearest" else op.align_corners
    size = None if op.size is None else tuple(int(str(s)) for s in op.size)
    scale = op.scale if isinstance(op.scale, int | None) else tuple(map(float, op.scale))
    return nn.Upsample(size, scale, op.mode, corners)


@build.register
def _(op: shuffle.PixelShuffle, inputs: Types) -> nn.Module:
    return nn.PixelShuffle(op.factor)


@build.register
def _(op: shuffle.ChannelShuffle, inputs: Types) -> nn.Module:
    return Applied(lambda x: x.unflatten(1, (op.groups, -1)).transpose(1, 2).flatten(1, 2))
