"""Pixels of an image that was opened, as fast as the installed packages allow.

JPEG files go through simplejpeg where it is installed (extra `fast`), else through Pillow. Both use
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

__all__ = ["decoded"]

_SPACES = {"RGB": "RGB", "L": "GRAY"}


class _Decode(Protocol):
    def __call__(
        self, data: bytes, colorspace: str, *, min_height: int, min_width: int
    ) -> NDArray[np.uint8]:
        """``[H, W, C]`` of at least that size; raises ValueError for a damaged file."""


def decoded(image: Image, least: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """``[H, W, C]``, C contiguous; the image is closed.

    A JPEG file that is not yet decoded comes at 1/2, 1/4 or 1/8 of its size where its height and
    width stay at least `least`: that is decoded in a fraction of the time. Raises what Pillow does
    where the file is damaged.
    """
    try:
        if type(image) is JpegImageFile and image.tile:
            if least is not None:
                image.draft(image.mode, (least[1], least[0]))
            found = _fast(image)
            if found is not None:
                return found
        pixels = np.asarray(image, np.uint8)
    finally:
        image.close()
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def _fast(image: JpegImageFile) -> NDArray[np.uint8] | None:
    """None where Pillow is to do it: without the package, and for files with something wrong."""
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
        # The package has no type information.
        from simplejpeg import decode_jpeg  # type: ignore[import-untyped]
    except ImportError:
        return None
    decode: _Decode = decode_jpeg
    return decode
