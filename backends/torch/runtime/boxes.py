"""Regions of a single image in plain numbers, as `regions` and `cutting` do for many images.

Training scripts contain these; a test checks that both agree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

__all__ = ["random_box", "stretched"]


if TYPE_CHECKING:
    Drafted: TypeAlias = tuple[str, tuple[int, int, float, float]]

    class Picture(Protocol):
        """What is used of Pillow's images: `crop` takes four numbers in any sequence."""

        mode: str
        width: int
        height: int

        def draft(self, mode: str, size: tuple[int, int]) -> Drafted | None: ...

        def crop(self, box: Sequence[float]) -> Image.Image: ...


def random_box(
    height: int,
    width: int,
    u: Sequence[float],
    scale: tuple[float, float] = (0.08, 1.0),
    ratio: tuple[float, float] = (3 / 4, 4 / 3),
) -> tuple[int, int, int, int]:
    """Top, left, height and width of a share `scale` of the area, width over height in `ratio`."""
    low, high = math.log(ratio[0]), math.log(ratio[1])
    for drawn, turned in zip(u[:10], u[10:20], strict=True):
        area = height * width * (scale[0] + (scale[1] - scale[0]) * drawn)
        shape = math.exp(low + (high - low) * turned)
        h, w = round(math.sqrt(area / shape)), round(math.sqrt(area * shape))
        if 0 < h <= height and 0 < w <= width:
            return int(u[20] * (height - h + 1)), int(u[21] * (width - w + 1)), h, w
    shape = min(max(width / height, ratio[0]), ratio[1])
    h, w = min(max(round(width / shape), 1), height), min(max(round(height * shape), 1), width)
    return (height - h) // 2, (width - w) // 2, h, w


def stretched(
    image: Picture, box: tuple[float, float, float, float], size: tuple[int, int]
) -> Tensor:
    """A box of an image, resized; of a large JPEG a smaller decoding.

    The box is left, top, right, bottom, the size height and width. A JPEG is decoded at 1/2, 1/4 or
    1/8 where the box then still has twice the new size.
    """
    (left, top, right, bottom), full = box, image.width
    factor = max(1, int(min((bottom - top) / size[0], (right - left) / size[1])) // 2)
    found = image.draft(image.mode, (full // factor, image.height // factor))
    shrink = full / found[1][2] if found else 1.0
    x = torch.from_numpy(np.atleast_3d(np.array(image.crop([each / shrink for each in box]))))
    return F.interpolate(x.permute(2, 0, 1)[None], size, mode="bilinear", antialias=True)[0]
