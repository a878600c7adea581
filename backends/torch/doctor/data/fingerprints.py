"""Digests of examples, by which equal ones are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.data.images import EncodedImages, opened
from netlang.backends.torch.data.sets import Examples, Images, Tensors

__all__ = ["arrays", "digests", "flipped"]

Array = NDArray[np.generic]


def digests(examples: Examples) -> list[bytes]:
    """A digest of all inputs of each example: of the file, where there is one for each."""
    if isinstance(examples, EncodedImages):
        return [_digest(examples.content(number)) for number in range(len(examples))]
    if isinstance(examples, Tensors):
        inputs = [each.cpu().numpy() for each in examples.inputs]
        return [
            _digest(*(np.ascontiguousarray(each[number]).tobytes() for each in inputs))
            for number in range(len(examples))
        ]
    return [_digest(np.ascontiguousarray(each).tobytes()) for each in arrays(examples)]


def flipped(examples: Examples, change: Callable[[Array], Array]) -> list[bytes]:
    """The digests that the first inputs, pictures in memory, would have after a change."""
    assert isinstance(examples, Tensors)
    pictures = examples.inputs[0].cpu().numpy()
    others = [each.cpu().numpy() for each in examples.inputs[1:]]
    return [
        _digest(
            np.ascontiguousarray(change(pictures[number])).tobytes(),
            *(np.ascontiguousarray(each[number]).tobytes() for each in others),
        )
        for number in range(len(examples))
    ]


def arrays(examples: Examples) -> Iterator[Array]:
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
