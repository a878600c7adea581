"""CIFAR as published: the binary version or the pickled one, unpacked or not.

Training scripts contain this; a test checks that it agrees with what `netlang train` reads.
"""

from __future__ import annotations

import os
import tarfile
from pickletools import genops
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["pickled", "read_cifar", "unpacked"]


def unpacked(place: str, folder: str, archive: str, names: list[str]) -> list[bytes]:
    """The contents of files in a folder or in their archive; none if neither exists."""
    for root in (place, os.path.join(place, folder)):
        paths = [os.path.join(root, name) for name in names]
        if all(map(os.path.isfile, paths)):
            return [np.fromfile(path, np.uint8).tobytes() for path in paths]
    path = place if os.path.isfile(place) else os.path.join(place, archive)
    if not os.path.isfile(path):
        return []
    with tarfile.open(path) as file:
        found = {os.path.basename(each.name): each for each in file if each.isreg()}
        streams = [file.extractfile(found[name]) for name in names if name in found]
        return [stream.read() for stream in streams if stream]


def pickled(content: bytes, key: str) -> tuple[NDArray[np.uint8], list[int]]:
    """Images and labels of a pickle, read from its opcodes. Nothing in it is executed."""
    steps: list[tuple[str, Any]] = [(op.name, value) for op, value, _ in genops(content)]
    texts = [n for n, (_, value) in enumerate(steps) if isinstance(value, str | bytes)]
    place = max(texts, key=lambda n: len(steps[n][1]))
    pixels = steps[place][1]
    pixels = pixels.encode("latin-1") if isinstance(pixels, str) else pixels
    images = np.frombuffer(pixels, np.uint8)
    flags = [name for name, _ in steps[:place] if name in ("NEWTRUE", "NEWFALSE")]
    by_columns = flags[-1:] == ["NEWTRUE"]
    images = images.reshape(3072, -1).T if by_columns else images.reshape(-1, 3072)
    start = next((n for n in texts if steps[n][1] in (key, key.encode())), None)
    if start is None:
        raise SystemExit(f"a file of CIFAR has no {key}: it may be of another data set")
    stop = next((n for n in texts if n > start), len(steps))
    return images, [value for name, value in steps[start:stop] if name.startswith("BININT")]


def read_cifar(
    place: str,
    versions: tuple[tuple[str, str], tuple[str, str]],
    names: tuple[str, ...],
    key: str,
    column: int = 0,
    columns: int = 1,
) -> tuple[list[Tensor], list[Tensor]]:
    """Images and labels of the training part and of the test part, which is the last file.

    `versions` are the folder and archive of the binary version, whose rows begin with `columns`
    label bytes, and of the pickled one, which has labels under `key`.
    """
    (folder, archive), (pickles, packed) = versions
    batches = []
    for content in unpacked(place, folder, archive, [f"{name}.bin" for name in names]):
        rows = np.frombuffer(content, np.uint8).reshape(-1, columns + 3072)
        batches.append((rows[:, columns:], rows[:, column].tolist()))
    if not batches:
        batches = [pickled(each, key) for each in unpacked(place, pickles, packed, [*names])]
    if [len(images) for images, _ in batches] != [len(labels) for _, labels in batches]:
        raise SystemExit(f"the files in {place} have labels for other images")
    if len(batches) != len(names):
        raise SystemExit(f"no {folder}, {pickles} or their archives in {place}, which --data names")
    images = [torch.from_numpy(x.reshape(-1, 3, 32, 32).copy()) for x, _ in batches]
    labels = [torch.tensor(each) for _, each in batches]
    return [torch.cat(images[:-1]), torch.cat(labels[:-1])], [images[-1], labels[-1]]
