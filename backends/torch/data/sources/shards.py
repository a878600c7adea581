"""Images in tar shards, numbered by shard and place, so that each can be read on its own.

So an epoch's order is a function of seed and epoch as for other data, and a process reads only what
belongs to its slice of each batch.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.data.choice import choose
from netlang.backends.torch.data.images import LARGEST_FILE, EncodedImages
from netlang.backends.torch.data.names import PathList, shown
from netlang.backends.torch.data.sets import Parts
from netlang.backends.torch.data.sources.files import named
from netlang.backends.torch.data.sources.labels import numbered_labels
from netlang.backends.torch.data.sources.shard_index import shard_index
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import DataNotThere
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import Shards
from netlang.recipes.words.parts import TEST, TRAIN, VALIDATION
from netlang.records import Record

__all__ = ["ShardImages", "load_shards"]

_ENDING = ".tar"
_NUMBER = re.compile(r"[-_.]?\d+$")
_CLASSES = "classes.txt"


@final
class ShardFiles(Record, eq=False):
    """The files in some shards: each one's key, the number of its shard, its offset and size."""

    shards: PathList
    shard: NDArray[np.int32]
    places: NDArray[np.int64]
    keys: PathList

    def shard_of(self, number: int) -> str:
        """The path of the shard that has file `number`."""
        return self.shards[int(self.shard[number])]

    def subset(self, numbers: NDArray[np.int64]) -> ShardFiles:
        """Some of the files."""
        keys = self.keys.subset(numbers)
        return ShardFiles(self.shards, self.shard[numbers], self.places[numbers], keys)


@final
class ShardImages(EncodedImages):
    """Images at places in shards."""

    def __init__(self, files: ShardFiles, labels: NDArray[np.int64], channels: int) -> None:
        super().__init__(labels, channels)
        self._files = files

    def name(self, number: int) -> str:
        return f"{shown(self._files.shard_of(number))}: {shown(self._files.keys[number])}"

    def content(self, number: int) -> bytes:
        offset, size = self._files.places[number].tolist()
        if size > LARGEST_FILE:
            raise OSError(f"it has {size:,} bytes")
        with open(self._files.shard_of(number), "rb") as file:
            file.seek(offset)
            found = file.read(size)
        if len(found) < size:
            raise OSError("the shard ends before it")
        return found

    def identity(self, number: int) -> str:
        path = self._files.shard_of(number)
        facts = os.stat(path)
        place = self._files.places[number].tolist()
        return f"{os.path.abspath(path)}\0{facts.st_size}\0{facts.st_mtime_ns}\0{place}"

    def subset(self, numbers: NDArray[np.int64]) -> ShardImages:
        return ShardImages(self._files.subset(numbers), self._labels[numbers], self.channels)


def load_shards(recipe: Recipe, root: Path) -> Parts:
    """The parts in the shards of `root`. Raises `NetlangError`."""
    data = recipe.data
    assert isinstance(data, Shards)
    found = _shards(root)
    choice = choose(recipe, [name for name in found if name], str(root))
    wanted = {"train": choice.train or ""} | choice.others
    if not choice.train and ("" not in found or set(found) & {*TRAIN, *VALIDATION, *TEST}):
        raise NetlangError(
            DataNotThere(
                span=recipe.places["data"],
                what=f"folder `train` of shards, and no `train-000000{_ENDING}`",
                where=f" in `{root}`",
                advice=f"there are {_listed(root, found)}",
            )
        )
    written, made = {}, {}
    for purpose, name in wanted.items():
        written[purpose], made[purpose] = _read(recipe, found[name])
    labels, classes = numbered_labels(recipe, written, _class_names(recipe, root))
    parts = {
        purpose: ShardImages(made[purpose], numbers, data.channels)
        for purpose, numbers in labels.items()
    }
    return Parts(parts["train"], parts.get("validation"), parts.get("test"), classes, choice.notes)


def _shards(root: Path) -> Mapping[str, list[Path]]:
    """Shards by part, from folders or file name prefixes; "" for names that are only numbers."""
    found: dict[str, list[Path]] = {}
    for path in sorted(root.glob(f"*/*{_ENDING}")):
        found.setdefault(path.parent.name, []).append(path)
    for path in sorted(root.glob(f"*{_ENDING}")):
        stem = _NUMBER.sub("", path.stem)
        last = re.split("[-_.]", stem)[-1]
        usual = last in (*TRAIN, *VALIDATION, *TEST)
        found.setdefault(last if usual else stem, []).append(path)
    return found


def _read(recipe: Recipe, paths: Sequence[Path]) -> tuple[NDArray[np.str_], ShardFiles]:
    """The labels as written, and the files that they belong to."""
    indices = []
    for path in paths:
        with named(path, recipe.places["data"]):
            indices.append(shard_index(path))
    shard = np.repeat(np.arange(len(paths), dtype=np.int32), [len(each.keys) for each in indices])
    offsets = np.concatenate([each.offsets for each in indices])
    sizes = np.concatenate([each.sizes for each in indices])
    keys = PathList.joined([each.keys for each in indices])
    labels = np.concatenate([each.labels for each in indices])
    places = np.stack([offsets, sizes], 1)
    return labels, ShardFiles(PathList.of(map(str, paths)), shard, places, keys)


def _class_names(recipe: Recipe, root: Path) -> tuple[str, ...]:
    file = root / _CLASSES
    if not file.is_file():
        return ()
    with named(file, recipe.places["data"]):
        text = file.read_bytes().decode("utf-8", "replace")
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _listed(root: Path, found: Mapping[str, list[Path]]) -> str:
    packed = next(iter([*root.glob("*.tar.gz"), *root.glob("*/*.tar.gz")]), None)
    if packed is not None:
        return f"packed shards such as `{packed.name}`, which can't be read at any place: unpack"
    return ", ".join(f"`{each[0].name}`" for each in found.values()) or f"no files *{_ENDING}"
