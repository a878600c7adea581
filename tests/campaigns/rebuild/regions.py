"""Pools of regions of interest, and attention in windows as torchvision has it."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from tests.analysis.oracles import torchvision_models
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


@layer("window_attention")
def _window_attention(step: Step) -> Tensor:
    return _in_windows(step, step.weights["relative_position_bias_table"], None)


@layer("cosine_window_attention")
def _cosine_window_attention(step: Step) -> Tensor:
    weights = step.weights
    hidden = weights["relative_coords_table"].flatten(0, 2) @ weights["cpb_mlp.0.weight"].T
    hidden = (hidden + weights["cpb_mlp.0.bias"]).relu()
    table = 16 * (hidden @ weights["cpb_mlp.2.weight"].T).sigmoid()
    return _in_windows(step, table, weights["logit_scale"])


@layer("multi_axis_attention")
def _multi_axis_attention(step: Step) -> Tensor:
    """Each place to those that a mask leaves: the places of its group."""
    x, size, heads = step.x, whole(step.arguments["window"]), whole(step.arguments["heads"])
    count, height, width, features = x.shape
    extents = (height // size, width // size)
    row, column = torch.arange(height)[:, None], torch.arange(width)
    if flag(step.arguments["grid"]):
        group = row % extents[0] * extents[1] + column % extents[1]
        place = row // extents[0] * size + column // extents[1]
    else:
        group = row // size * extents[1] + column // size
        place = row % size * size + column % size
    group, place = group.flatten(), place.flatten()
    index = step.weights["relative_position_index"][place][:, place]
    mask = step.weights["relative_position_bias_table"][index].permute(2, 0, 1)
    mask = mask.masked_fill(group[:, None] != group, -math.inf)
    qkv = functional.linear(
        x.flatten(1, 2), step.weights["to_qkv.weight"], step.weights["to_qkv.bias"]
    )
    parts = qkv.view(count, height * width, 3, heads, features // heads)
    queries, keys, values = parts.permute(2, 0, 3, 1, 4)
    found = functional.scaled_dot_product_attention(
        queries, keys, values, mask, scale=features**-0.5
    )
    joined = found.transpose(1, 2).reshape(count, height, width, features)
    return functional.linear(joined, step.weights["merge.weight"], step.weights["merge.bias"])


def _in_windows(step: Step, table: Tensor, scale: Tensor | None) -> Tensor:
    window, shift = _pair(step, "window"), _pair(step, "shift")
    places = math.prod(window)
    offsets = table[step.weights["relative_position_index"]].view(places, places, -1)
    found: Tensor = torchvision_models().swin_transformer.shifted_window_attention(
        step.x, step.weights["qkv.weight"], step.weights["proj.weight"],
        offsets.permute(2, 0, 1)[None], window, whole(step.arguments["heads"]), shift,
        number(step.arguments["dropout"]), 0.0, step.weights["qkv.bias"],
        step.weights["proj.bias"], scale, step.training,
    )  # fmt: skip
    return found
