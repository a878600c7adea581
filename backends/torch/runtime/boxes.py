"""A box of a single image, resized in plain numbers, as `cutting` does for many images.

Training scripts contain this; a test checks that both agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

__all__ = ["stretched"]


if TYPE_CHECKING:
    Drafted: TypeAlias = tuple[str, tuple[int, int, float, float]]

    class Picture(Protocol):
        """What is used of Pillow's images: `crop` takes four numbers in any sequence."""

        mode: str
        width: int
        height: int

        def draft(self, mode: str, size: tuple[int, int]) -> Drafted | None: ...

        def crop(self, box: Sequence[float]) -> Image.Image: ...


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
