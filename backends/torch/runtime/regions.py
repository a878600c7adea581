"""Regions of images: what size-changing steps do, computed before any pixel is touched.

`u` is float64 `[B, k]`, uniform in [0, 1). Definitions are torchvision's.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ImageTooSmall", "Region", "center_crop", "cut", "random_crop", "random_resized_crop", "resize",
    "resize_shorter", "room", "whole",
]  # fmt: skip


class ImageTooSmall(ValueError):
    """An image is smaller than what is to be cut out of it."""


class Region(NamedTuple):
    """For each example the wanted part of its image, `start` to `stop`, and its new `size`.

    Resizing reads the pixels from `low` to `high`; everything outside the image is black. Each is
    float64 `[B, 2]`, in pixels down and across.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    size: NDArray[np.float64]


def whole(height: int, width: int, count: int = 1) -> Region:
    """The whole of each of `count` images."""
    size = np.full((count, 2), (height, width), np.float64)
    return Region(0 * size, size, 0 * size, size, size)


def cut(region: Region, offset: NDArray[np.float64], size: NDArray[np.float64]) -> Region:
    """The part of `size` from `offset` on. Without a resizing, nothing outside it is read."""
    step = (region.stop - region.start) / region.size
    start = region.start + offset * step
    return region._replace(start=start, stop=start + size * step, size=size)


def resize(region: Region, size: tuple[int, int] | NDArray[np.float64]) -> Region:
    """Stretched to `size`."""
    start, stop = region.start, region.stop
    return Region(start, stop, start, stop, np.full_like(start, size))


def resize_shorter(region: Region, u: NDArray[np.float64], shortest: int, longest: int) -> Region:
    """The shorter side resized to between `shortest` and `longest`, the other in proportion."""
    side = shortest + np.floor(u * (longest - shortest + 1))
    size = np.floor(side * region.size / region.size.min(1, keepdims=True))
    return resize(region, size)


def room(region: Region, size: tuple[int, int], pad: int = 0) -> NDArray[np.float64]:
    """How far a part of `size` can move. Raises `ImageTooSmall` if it doesn't fit."""
    free = region.size + 2 * pad - size
    if free.min() < 0:
        height, width = region.size[free.min(1).argmin()]
        needed = f"{size[0] - 2 * pad}x{size[1] - 2 * pad}"
        raise ImageTooSmall(f"{height:.0f}x{width:.0f}, but {needed} or more is needed")
    return free


def random_crop(
    region: Region, u: NDArray[np.float64], size: tuple[int, int], pad: int = 0
) -> Region:
    """A part anywhere, including `pad` black pixels around the image."""
    free = room(region, size, pad)
    return cut(region, np.floor(u * (free + 1)) - pad, np.full_like(free, size))


def center_crop(region: Region, size: tuple[int, int], pad: int = 0) -> Region:
    """The central part of the image with `pad` black pixels around it."""
    free = room(region, size, pad)
    return cut(region, np.rint(free / 2) - pad, np.full_like(free, size))


def random_resized_crop(
    region: Region,
    u: NDArray[np.float64],
    size: tuple[int, int],
    scale: tuple[float, float] = (0.08, 1.0),
    ratio: tuple[float, float] = (3 / 4, 4 / 3),
) -> Region:
    """A share `scale` of the area, width over height in `ratio`: ten tries, else the centre."""
    area = region.size.prod(1, keepdims=True) * (scale[0] + (scale[1] - scale[0]) * u[:, :10])
    shape = np.exp(log(ratio[0]) + (log(ratio[1]) - log(ratio[0])) * u[:, 10:20])
    tries = np.rint(np.sqrt(np.stack([area / shape, area * shape], 2)))
    fits = ((tries > 0) & (tries <= region.size[:, None])).all(2)
    height, width = region.size.T
    shape = np.clip(width / height, *ratio)
    middle = np.clip(np.rint(np.stack([width / shape, height * shape], 1)), 1, region.size)
    found = fits.any(1, keepdims=True)
    part = np.where(found, tries[np.arange(len(u)), fits.argmax(1)], middle)
    free = region.size - part
    offset = np.where(found, np.floor(u[:, 20:] * (free + 1)), free // 2)
    return resize(cut(region, offset, part), size)
