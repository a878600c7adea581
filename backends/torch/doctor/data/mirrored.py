"""Finds images of a part that are mirror images of others in it, as augmentation makes them.

Images in memory are compared by all their bytes. Of images in files, which may have been compressed
anew, small grey pictures are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netlang.backends.torch.data.images import opened
from netlang.backends.torch.data.sets import Examples, Images, Tensors
from netlang.backends.torch.doctor.data.fingerprints import digests

__all__ = ["MOST_FILES", "mirror_images"]

Array = NDArray[np.generic]
# More images in files are a sample: each is compared with each.
MOST_FILES = 2_000
_FLIPS: Mapping[str, Callable[[Array], Array]] = {
    "mirrored": lambda x: x[..., ::-1],
    "upside down": lambda x: x[..., ::-1, :],
    "turned by 180 degrees": lambda x: x[..., ::-1, ::-1],
}
# The side of the grey pictures, in pixels; their mean squares of differences, in grey levels.
_SIDE = 16
_SAME, _OTHER = 16.0, 100.0


def mirror_images(part: Examples, digested: Sequence[bytes]) -> tuple[int, str] | None:
    """How many images of a part are there a second time, and how: "mirrored" and so on.

    `digested` are the digests of the examples. None if there are no such images.
    """
    if isinstance(part, Images):
        return _in_files(part)
    if isinstance(part, Tensors) and part.inputs[0].dim() == 4:
        return _in_memory(part, digested) if min(part.inputs[0].shape[2:]) > 1 else None
    return None


def _in_memory(part: Tensors, digested: Sequence[bytes]) -> tuple[int, str] | None:
    known, found = set(digested), []
    for title, change in _FLIPS.items():
        # An image that is its own mirror image is no copy.
        changed = zip(digests(part, change), digested, strict=True)
        found.append((sum(one in known and one != own for one, own in changed), title))
    return _most(found)


def _in_files(part: Images) -> tuple[int, str] | None:
    small, copies = np.stack([_grey(part, number) for number in range(len(part))]), []
    for title, change in _FLIPS.items():
        flipped = np.asarray(change(small), np.float32)
        apart = _squares(small, flipped)
        symmetric = np.diagonal(apart) < _OTHER
        np.fill_diagonal(apart, np.inf)
        copies.append((int(((apart.min(1) < _SAME) & ~symmetric).sum()), title))
    return _most(copies)


def _most(found: Sequence[tuple[int, str]]) -> tuple[int, str] | None:
    """The commonest change, if there is any."""
    count, title = max(found, key=lambda each: each[0])
    return (count, title) if count else None


def _grey(images: Images, number: int) -> NDArray[np.float32]:
    with opened(images, number) as image:
        grey = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
        return np.asarray(grey, np.float32)


def _squares(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean squares of the differences between all pairs, ``[N, N]``."""
    one, other = (each.reshape(len(each), -1) for each in (first, second))
    lengths = np.square(one).sum(1)[:, None] + np.square(other).sum(1)
    found: NDArray[np.float32] = (lengths - 2 * one @ other.T) / one.shape[1]
    return found
