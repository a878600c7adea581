"""What moves elements: shapes, axes, windows, padding, interpolation."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from tests.campaigns.rebuild.table import Step, flag, from_front, layer, number, text, whole, wholes

__all__: list[str] = []


def pad_edges(x: Tensor, pads: list[tuple[int, int]], mode: str, value: float = 0.0) -> Tensor:
    """`pads` elements before and behind each spatial axis; torch counts axes from the last."""
    amounts = [amount for pair in reversed(pads) for amount in pair]
    kind = {"zeros": "constant"}.get(mode, mode)
    if kind == "constant":
        return functional.pad(x, amounts, value=value)
    return functional.pad(x, amounts, mode=kind)


@layer("flatten")
def _flatten(step: Step) -> Tensor:
    start, end = step.axis("start"), step.axis("end")
    return step.x.flatten(start, end)


@layer("reshape")
def _reshape(step: Step) -> Tensor:
    return step.x.reshape(step.x.shape[0], *step.shapes[0])


@layer("transpose")
def _transpose(step: Step) -> Tensor:
    axes = [from_front(axis, step.x) for axis in wholes(step.arguments["axes"])]
    return step.x.permute(0, *axes)


@layer("slice")
def _slice(step: Step) -> Tensor:
    axis, size = step.axis(), step.x.shape[step.axis()]
    start, stop = whole(step.arguments["start"]), step.arguments["stop"]
    end = size if stop is None else whole(stop)
    places = range(size)[start : end : whole(step.arguments["step"])]
    return step.x.index_select(axis, torch.tensor(list(places)))


@layer("split")
def _split(step: Step) -> tuple[Tensor, ...]:
    axis = step.axis()
    return torch.split(step.x, [shape[axis - 1] for shape in step.shapes], axis)


@layer("crop")
def _crop(step: Step) -> Tensor:
    x, given = step.x, step.arguments["offset"]
    for axis, size in enumerate(step.shapes[0][1:], start=2):
        offset = (x.shape[axis] - size) // 2
        if given is not None:
            offset = step.per_axis("offset")[axis - 2]
        x = x.narrow(axis, offset, size)
    return x


@layer("pad")
def _pad(step: Step) -> Tensor:
    before = step.per_axis("before")
    after = before if step.arguments["after"] is None else step.per_axis("after")
    pads = list(zip(before, after, strict=True))
    mode, value = text(step.arguments["mode"]), number(step.arguments["value"])
    return pad_edges(step.x, pads, mode, value)


@layer("upsample")
def _upsample(step: Step) -> Tensor:
    mode, size = text(step.arguments["mode"]), step.shapes[0][1:]
    if mode == "nearest":
        return functional.interpolate(step.x, size)
    corners = flag(step.arguments["align_corners"])
    return functional.interpolate(step.x, size, mode=mode, align_corners=corners)


@layer("pixel_shuffle")
def _pixel_shuffle(step: Step) -> Tensor:
    r = whole(step.arguments["factor"])
    n, c, h, w = step.x.shape
    apart = step.x.reshape(n, c // (r * r), r, r, h, w)
    return apart.permute(0, 1, 4, 2, 5, 3).reshape(n, c // (r * r), h * r, w * r)


@layer("channel_shuffle")
def _channel_shuffle(step: Step) -> Tensor:
    groups = whole(step.arguments["groups"])
    n, c, *places = step.x.shape
    return step.x.reshape(n, groups, c // groups, *places).transpose(1, 2).reshape(n, c, *places)


@layer("concat")
def _concat(step: Step) -> Tensor:
    return torch.cat(step.inputs, step.axis())
