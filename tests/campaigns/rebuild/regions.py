"""Pools of regions of interest."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tests.campaigns.rebuild.table import Step, flag, layer, number, whole, wholes

__all__: list[str] = []


def _pair(step: Step, name: str) -> list[int]:
    value = step.arguments[name]
    return [value] * 2 if isinstance(value, int) else wholes(value)


@layer("roi_align")
def _roi_align(step: Step) -> Tensor:
    """Each sample weighs the elements around it by their nearness, axis by axis."""
    x, boxes = step.inputs
    ratio, aligned = whole(step.arguments["sampling_ratio"]), flag(step.arguments["aligned"])
    corners = boxes * number(step.arguments["scale"]) - (0.5 if aligned else 0)
    rows, columns = (
        _nearness(corners[..., 1 - axis], corners[..., 3 - axis], cells * ratio, size, aligned)
        for axis, (cells, size) in enumerate(zip(_pair(step, "out"), x.shape[2:], strict=True))
    )
    samples = torch.einsum("nkah,nchw,nkbw->nkcab", rows, x, columns)
    height, width = _pair(step, "out")
    cells = samples.view(*samples.shape[:3], height, ratio, width, ratio)
    return cells.mean((4, 6))


def _nearness(start: Tensor, end: Tensor, samples: int, size: int, aligned: bool) -> Tensor:
    """[N, K, samples, size]: what each element counts for each sample along one axis."""
    extent = end - start if aligned else (end - start).clamp(min=1)
    steps = (torch.arange(samples, dtype=start.dtype) + 0.5) / samples
    place = start[..., None] + steps * extent[..., None]
    inside = (place >= -1) & (place <= size)
    distance = place.clamp(0, size - 1)[..., None] - torch.arange(size, dtype=start.dtype)
    return (1 - distance.abs()).clamp(min=0) * inside[..., None]


@layer("roi_pool")
def _roi_pool(step: Step) -> Tensor:
    x, boxes = step.inputs
    scaled = (boxes * number(step.arguments["scale"])).tolist()
    made = [
        torch.stack([_box(image, box, _pair(step, "out")) for box in listed])
        for image, listed in zip(x, scaled, strict=True)
    ]
    return torch.stack(made)


def _box(image: Tensor, box: list[float], out: list[int]) -> Tensor:
    """[C, h, w]: the maxima of the parts of one box."""
    rows, columns = (
        _parts(_rounded(box[1 - axis]), _rounded(box[3 - axis]), parts, image.shape[axis + 1])
        for axis, parts in enumerate(out)
    )
    parts = [[_most(image[:, a:b, c:d]) for c, d in columns] for a, b in rows]
    return torch.stack([torch.stack(row, 1) for row in parts], 1)


def _rounded(value: float) -> int:
    """Halves away from zero, as C rounds."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def _parts(first: int, last: int, count: int, size: int) -> list[tuple[int, int]]:
    n = max(last - first + 1, 1)
    ends = [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]
    return [(min(max(first + a, 0), size), min(max(first + b, 0), size)) for a, b in ends]


def _most(part: Tensor) -> Tensor:
    return part.amax((1, 2)) if part.numel() else part.new_zeros(part.shape[0])
