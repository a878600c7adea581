"""Decodes regions of an opened image, as fast as the installed packages allow.

JPEG files are decoded by simplejpeg if it is installed (extra `fast`), else by Pillow. Both use
libjpeg-turbo with the same settings, so the pixels are the same.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL.JpegImagePlugin import JpegImageFile

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["cropped"]

_SPACES = {"RGB": "RGB", "L": "GRAY"}


class _Decode(Protocol):
    def __call__(
        self, data: bytes, colorspace: str, *, min_height: int, min_width: int
    ) -> NDArray[np.uint8]:
        """``[H, W, C]`` of at least this size; raises ValueError for a damaged file."""


def cropped(image: Image, box: tuple[float, float, float, float]) -> NDArray[np.uint8] | Image:
    """Like `Image.crop`: left, top, right and bottom as whole numbers; black outside the image.

    For a JPEG file that isn't decoded yet, the result is an array ``[H, W, C]``, which avoids
    Pillow's own pixel format. Raises whatever Pillow raises if the file is damaged.
    """
    pixels = _fast(image) if type(image) is JpegImageFile and image.tile else None
    if pixels is None:
        return image.crop(box)
    left, top, right, bottom = map(int, box)
    height, width, _ = pixels.shape
    inside = pixels[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return inside
    whole = np.zeros((bottom - top, right - left, pixels.shape[2]), np.uint8)
    down, across = max(-top, 0), max(-left, 0)
    whole[down : down + inside.shape[0], across : across + inside.shape[1]] = inside
    return whole


def _fast(image: JpegImageFile) -> NDArray[np.uint8] | None:
    """The decoded pixels; None if Pillow must decode: without the package, or for faulty files."""
    decode, space, file = _simplejpeg(), _SPACES.get(image.mode), image.fp
    if decode is None or space is None or file is None:
        return None
    file.seek(0)
    width, height = image.size
    try:
        return decode(file.read(), space, min_height=height, min_width=width)
    except ValueError:
        return None


@cache
def _simplejpeg() -> _Decode | None:
    try:
        from simplejpeg import decode_jpeg
    except ImportError:
        return None
    decode: _Decode = decode_jpeg
    return decode
