"""Digests of examples, by which equal ones are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.data.images import EncodedImages, opened
from netlang.backends.torch.data.sets import Examples, Images, Tensors

__all__ = ["digests"]

Array = NDArray[np.generic]


def digests(examples: Examples, change: Callable[[Array], Array] = lambda x: x) -> list[bytes]:
    """A digest of all inputs of each example: of the file, where there is one for each.

    `change` is made to the first inputs before, if they are in memory.
    """
    if isinstance(examples, EncodedImages):
        return [_digest(examples.content(number)) for number in range(len(examples))]
    if isinstance(examples, Tensors):
        first, *others = (each.cpu().numpy() for each in examples.inputs)
        return [
            _digest(change(first[number]).tobytes(), *(each[number].tobytes() for each in others))
            for number in range(len(examples))
        ]
    return [_digest(each.tobytes()) for each in _arrays(examples)]


def _arrays(examples: Examples) -> Iterator[Array]:
    """The pixels of each image."""
    assert isinstance(examples, Images)
    for number in range(len(examples)):
        with opened(examples, number) as image:
            yield np.asarray(image)


def _digest(*parts: bytes) -> bytes:
    made = blake2b(digest_size=16)
    for part in parts:
        made.update(part)
    return made.digest()
