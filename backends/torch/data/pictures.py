"""Images given by hand: files, folders, Pillow images or arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netlang.backends.torch.data.images import EncodedImages, taken
from netlang.backends.torch.data.names import PathList
from netlang.backends.torch.data.sets import Images
from netlang.backends.torch.data.sources.image_folder import FileImages
from netlang.backends.torch.runtime.folders import ENDINGS, image_files
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import NoImage

__all__ = ["Picture", "Pictures", "pictures_of", "single"]

Picture: TypeAlias = "Path | Image.Image"


def pictures_of(given: Iterable[object]) -> tuple[Picture, ...]:
    """Every image that `given` stands for, in order; for a folder, the images below it.

    Raises `NetlangError` if there is no image at a path, and `TypeError` or `ValueError` for an
    object that isn't an image.
    """
    return tuple(each for item in given for each in _pictures(item))


def _pictures(given: object) -> Iterator[Picture]:
    if isinstance(given, Image.Image):
        yield given
    elif isinstance(given, np.ndarray):
        yield _of_array(given)
    elif not isinstance(given, str | Path):
        kind = type(given).__name__
        raise TypeError(f"an image is a path, an image of Pillow or an array, not {kind}")
    elif Path(given).is_dir():
        yield from map(Path, _below(str(given)))
    elif not Path(given).exists():
        advice = "give the file of an image, or a folder of them"
        raise _none(str(given), "no such file or folder", advice)
    else:
        yield Path(given)


def _below(folder: str) -> list[str]:
    found = image_files(folder)
    if not found:
        raise _none(
            folder, "the folder has none", f"images are files ending in {', '.join(ENDINGS)}"
        )
    return found


def _none(path: str, why: str, advice: str) -> NetlangError:
    return NetlangError(NoImage(span=None, path=path, why=why, advice=advice))


def _of_array(array: NDArray[np.generic]) -> Image.Image:
    shape = array.shape
    if array.dtype != np.uint8 or len(shape) not in (2, 3) or shape[2:] not in ((), (3,), (4,)):
        wanted = "uint8, [height, width] or [height, width, 3 or 4]"
        raise ValueError(f"an array of an image is {wanted}, not {array.dtype}, {list(shape)}")
    return Image.fromarray(array)


def single(picture: Picture, channels: int) -> Images:
    """One image as the examples of a data set."""
    if isinstance(picture, Image.Image):
        return Pictures((picture,), channels)
    return FileImages(PathList.of([str(picture)]), np.zeros(1, np.int64), channels)


@final
class Pictures(EncodedImages):
    """Pillow images, treated as if they were read from files."""

    def __init__(self, pictures: tuple[Image.Image, ...], channels: int) -> None:
        super().__init__(np.zeros(len(pictures), np.int64), channels)
        self._pictures = pictures

    def name(self, number: int) -> str:
        return str(getattr(self._pictures[number], "filename", "")) or "an image in memory"

    def content(self, number: int) -> bytes:
        return self._pictures[number].tobytes()

    def identity(self, number: int) -> str:
        return str(number)

    def image(self, number: int) -> Image.Image:
        # A copy, as reading a JPEG at a reduced size would change the caller's.
        image, broken = taken(self._pictures[number].copy(), self.channels)
        self.note(number, broken=broken)
        return image

    def subset(self, numbers: NDArray[np.int64]) -> Pictures:
        return Pictures(tuple(self._pictures[each] for each in numbers.tolist()), self.channels)
