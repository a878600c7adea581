"""Pixels of regions, of one image in a file or of a batch in memory.

Resizing is Pillow's `BILINEAR`: each new pixel is a mean of the pixels near it, weighted by a
triangle that widens with the reduction.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from netlang.backends.torch.runtime.regions import Region

__all__ = ["cut_batch", "cut_image", "cut_masks", "reduced", "triangles"]


def cut_image(
    image: Image.Image, region: Region, crop: Callable[..., object] = Image.Image.crop
) -> Tensor:
    """The region of a single image, as uint8 `[1, C, h, w]`."""
    low, high, start, stop, size = reduced(image, Region(*(each[0] for each in region)))
    low, high = (start, stop) if (stop - start == size).all() else (low, high)
    (top, left), (bottom, right) = np.rint(low), np.rint(high)
    array = np.array(crop(image, (left, top, right, bottom)))
    x = torch.from_numpy(array.reshape(1, *array.shape[:2], -1)).permute(0, 3, 1, 2)
    step = (stop - start) / size
    height, width = np.rint((high - low) / step).astype(int)
    if (height, width) != x.shape[2:]:
        x = F.interpolate(x, (height, width), mode="bilinear", antialias=True)
    top, left = np.rint((start - low) / step).astype(int)
    return x[:, :, top : top + int(size[0]), left : left + int(size[1])]


def reduced(image: Image.Image, region: Region) -> Region:
    """Let a JPEG be decoded at 1/2, 1/4 or 1/8 if the region stays twice its new size."""
    factor = int(((region.stop - region.start) / region.size).min()) // 2
    if factor < 2:
        return region
    width, height = image.size
    found = image.draft(image.mode, (width // factor, height // factor))
    shrink = width / found[1][2] if found else 1.0
    low, high, start, stop = (each / shrink for each in region[:4])
    return Region(low, high, start, stop, region.size)


def cut_batch(x: Tensor, region: Region) -> Tensor:
    """The regions of images `[B, C, H, W]`, all with one new size: `[B, C, h, w]`."""
    low, high, start, stop, size = region
    margin = int(max(0, -low.min(), -start.min(), *(np.maximum(high, stop) - x.shape[2:]).ravel()))
    x = F.pad(x, [margin] * 4)
    if (stop - start == size).all():
        top, left = (torch.from_numpy(start).long() + margin).to(x.device, non_blocking=True).T
        places = x.unfold(2, int(size[0, 0]), 1).unfold(3, int(size[0, 1]), 1)
        return places[torch.arange(len(x), device=x.device), :, top, left]
    shifted = Region(low + margin, high + margin, start + margin, stop + margin, size)
    down, across = (triangles(x, shifted, axis) for axis in (0, 1))
    return down[:, None] @ x @ across[:, None].mT


def cut_masks(x: Tensor, region: Region) -> Tensor:
    """As `cut_batch`, for masks: each new pixel is the old one that contains its centre."""
    start, stop, size = region[2:]
    margin = int(max(0, -start.min(), *(stop - x.shape[2:]).ravel()) + 1)
    x = F.pad(x, [margin] * 4)
    places = []
    for axis, new in enumerate(size[0].astype(int)):
        step = (stop - start)[:, axis, None] / new
        old = np.floor(start[:, axis, None] + (np.arange(new) + 0.5) * step).astype(int)
        places.append(torch.from_numpy(old + margin).to(x.device, non_blocking=True))
    examples = torch.arange(len(x), device=x.device)[:, None, None]
    return x[examples, :, places[0][:, :, None], places[1][:, None]].movedim(3, 1)


def triangles(x: Tensor, region: Region, axis: int) -> Tensor:
    """The weight of each old pixel in each new one along an axis, `[B, new, old]`."""
    bounds = np.stack([each[:, axis] for each in region[:4]])
    low, high, start, stop = torch.from_numpy(bounds).float().to(x.device)[:, :, None, None]
    new = torch.arange(int(region.size[0, axis]), device=x.device)[:, None] + 0.5
    old = torch.arange(x.shape[2 + axis], device=x.device) + 0.5
    step = (stop - start) / len(new)
    distance = (old - start - new * step).abs() / step.clamp_min(1.0)
    weights: Tensor = (1.0 - distance).clamp_min(0.0) * ((low < old) & (old < high))
    return weights / weights.sum(2, keepdim=True)
