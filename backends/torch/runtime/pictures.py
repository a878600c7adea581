"""Converts any image file to the picture that a person would see, with 1 or 3 channels."""

from __future__ import annotations

import numpy as np
from PIL import Image
from PIL.Image import Transpose

__all__ = ["flattened", "upright"]


def upright(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF orientation says; unchanged if the tag is unknown."""
    turns = {
        2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE, 6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }  # fmt: skip
    turn = turns.get(image.getexif().get(0x0112, 1))
    return image if turn is None else image.transpose(turn)


def flattened(image: Image.Image, channels: int) -> Image.Image:
    """8 bits a channel, grey (1) or RGB (3), with transparent parts on white."""
    if image.mode.startswith("I"):  # 16 bits: the upper 8 of them
        image = Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    mode = "L" if channels == 1 else "RGB"
    return image if image.mode == mode else image.convert(mode)
