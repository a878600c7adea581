"""Images in rows of one picture."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["grid_of"]

_GAP = 2  # pixels between two images
_SIDE = 56  # pixels that a small image has at least


def grid_of(images: Tensor) -> NDArray[np.uint8]:
    """Images ``[B, C, H, W]`` from 0 to 1 as one, ``[H, W, C]``, or of one channel ``[H, W]``."""
    count, channels, height, width = images.shape
    across = ceil(sqrt(count))
    down = ceil(count / across)
    factor = max(1, _SIDE // max(height, width))
    pixels = (images * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    pixels = pixels.repeat(factor, 1).repeat(factor, 2)
    height, width = height * factor, width * factor
    size = (down * (height + _GAP) + _GAP, across * (width + _GAP) + _GAP, channels)
    whole = np.full(size, 128, np.uint8)
    for place, image in enumerate(pixels):
        row, column = divmod(place, across)
        top, left = row * (height + _GAP) + _GAP, column * (width + _GAP) + _GAP
        whole[top : top + height, left : left + width] = image
    return whole if channels > 1 else whole[..., 0]
