"""Untrusted images: opened safely, turned upright, converted, and named in errors.

On exit, an image has 8 bits in each of 1 or 3 channels. Only JPEGs are still undecoded, so that
they can be decoded at a reduced size; until then, `opened` names the file in any error of Pillow's.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import warnings
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from multiprocessing.sharedctypes import RawArray
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from netlang.backends.torch.data.sets import Images
from netlang.backends.torch.runtime.pictures import flattened, upright
from netlang.backends.torch.runtime.regions import ImageTooSmall
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import ImageSmallerThanCrop, ImageUnreadable

if TYPE_CHECKING:
    from ctypes import Array, c_uint8

__all__ = [
    "FORMATS", "LARGEST_FILE", "EncodedImages", "open_image", "opened", "read_file", "reason",
    "strict", "taken", "unreadable",
]  # fmt: skip

# Bytes: no image of a data set is larger, and a file is read as a whole.
LARGEST_FILE = 1 << 30
# Pillow can open others, some of which run programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "PPM", "TIFF")
_LAZY = ("JPEG", "MPO")
_ORIENTATION = 0x0112
_DAMAGE = (OSError, SyntaxError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
_SYSTEM = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_SHOWN = 5


@contextmanager
def strict() -> Iterator[list[warnings.WarningMessage]]:
    """Inside, a too large image is an error, and other warnings of Pillow are recorded.

    Warning filters are global to the process, so all threads share one such context.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield caught


def open_image(content: bytes, channels: int) -> tuple[Image.Image, bool]:
    """The image in the bytes of a file, and whether its orientation tag is invalid.

    Raises whatever Pillow raises if it can't be opened or decoded.
    """
    with strict() as caught:
        image: Image.Image = Image.open(BytesIO(content), formats=FORMATS)
        if image.format not in _LAZY:
            image.load()
        image, broken = taken(image, channels)
    texts = [str(each.message) for each in caught]
    lost = any("Corrupt EXIF" in text or f"tag {_ORIENTATION}" in text for text in texts)
    return image, broken or lost


def taken(image: Image.Image, channels: int) -> tuple[Image.Image, bool]:
    """An image as it is used, and whether its orientation is invalid; raises as `open_image`."""
    image, broken = _turned(image)
    return flattened(_checked(image), channels), broken


def verify_image(content: bytes) -> None:
    """Raises whatever `open_image` or decoding would raise. Call it within `strict`."""
    image: Image.Image = Image.open(BytesIO(content), formats=FORMATS)
    if image.format in _LAZY:
        # Every byte is read, but an eighth of the lines and columns computed.
        image.draft(image.mode, (1, 1))
    image.load()
    _checked(image)


def _turned(image: Image.Image) -> tuple[Image.Image, bool]:
    try:
        # Opening a JPEG has tried it already, and forgot what went wrong.
        Image.Exif().load(image.info.get("exif") or b"")
        orientation = image.getexif().get(_ORIENTATION, 1)
        known = isinstance(orientation, int) and 1 <= orientation <= 8
        return (upright(image), False) if known else (image, True)
    except (*_DAMAGE, ValueError, TypeError, LookupError, AttributeError, OverflowError):
        # Pillow raises whatever the parser of the tags raises.
        return image, True


def _checked(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise ValueError("its pixels are floats, of which nothing says what white is")
    if image.mode == "I":
        low, high = image.getextrema()
        if low < 0 or high > 0xFFFF:  # type: ignore[operator]  # numbers, with one channel
            raise ValueError("its pixels are whole numbers beyond 16 bits")
    return image


def read_file(path: str) -> bytes:
    """The bytes of an image file. Raises `OSError`."""
    # Not blocked by a pipe, which is refused like a device: either could go on without end.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError("it isn't an ordinary file")
        if facts.st_size > LARGEST_FILE:
            raise OSError(f"it has {facts.st_size:,} bytes")
        return file.read()


class EncodedImages(Images, ABC):
    """Images as the bytes of files, with their labels ``[n]``."""

    def __init__(self, labels: NDArray[np.int64], channels: int) -> None:
        self._labels = labels
        self.channels = channels
        # One byte for each, seen by all processes: whether its orientation is broken.
        self._broken: Array[c_uint8] = RawArray("B", len(labels))

    def __len__(self) -> int:
        return len(self._labels)

    @property
    def labels(self) -> NDArray[np.int64]:
        return self._labels

    @abstractmethod
    def content(self, number: int) -> bytes:
        """The bytes of the file. Raises `OSError`."""

    @abstractmethod
    def identity(self, number: int) -> str:
        """A text that changes whenever the file does. Raises `OSError`."""

    def verify(self, number: int) -> None:
        """Raises whatever reading or decoding the image would raise. Call it within `strict`."""
        verify_image(self.content(number))

    def image(self, number: int) -> Image.Image:
        image, broken = open_image(self.content(number), self.channels)
        self.note(number, broken=broken)
        return image

    def note(self, number: int, *, broken: bool) -> None:
        """Record whether the orientation tag of an image is invalid."""
        if broken:
            self._broken[number] = 1

    def remarks(self) -> tuple[str, ...]:
        found = np.flatnonzero(np.frombuffer(memoryview(self._broken), np.uint8)).tolist()
        if not found:
            return ()
        names = ", ".join(self.name(number) for number in found[:_SHOWN])
        more = ", ..." if len(found) > _SHOWN else ""
        what = (
            "image has a broken orientation tag and is"
            if len(found) == 1
            else ("images have a broken orientation tag and are")
        )
        return (f"{len(found)} {what} taken as stored: {names}{more}",)


@contextmanager
def opened(images: Images, number: int) -> Iterator[Image.Image]:
    """Inside, an image that can be decoded; errors of a damaged file name the file.

    The same holds for an image smaller than a crop of it. Raises `NetlangError`; a lack of memory
    or of file handles is passed on unchanged.
    """
    try:
        image = images.image(number)
    except MemoryError:
        raise
    except Exception as error:
        # Pillow raises various exceptions for such a file.
        raise unreadable(images.name(number), error) from None
    try:
        yield image
    except _DAMAGE as error:
        raise unreadable(images.name(number), error) from None
    except ImageTooSmall as error:
        small = ImageSmallerThanCrop(span=None, path=images.name(number), sizes=str(error))
        raise NetlangError(small) from None


def unreadable(name: str, error: Exception) -> Exception:
    """The exception to raise for a file that can't be read."""
    if isinstance(error, NetlangError) or (isinstance(error, OSError) and error.errno in _SYSTEM):
        return error
    return NetlangError(ImageUnreadable(span=None, path=name, why=reason(error)))


def reason(error: Exception) -> str:
    """Why a file can't be read, in words."""
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        limit = f"{Image.MAX_IMAGE_PIXELS:,}" if Image.MAX_IMAGE_PIXELS else "any number of"
        return f"it has more than {limit} pixels, as a decompression bomb has"
    if isinstance(error, UnidentifiedImageError):
        return "it isn't an image of a known format"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
