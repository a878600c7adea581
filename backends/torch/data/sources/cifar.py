"""CIFAR-10 and CIFAR-100 as they are published: https://www.cs.toronto.edu/~kriz/cifar.html.

The binary version has rows of one label (CIFAR-10) or two (CIFAR-100: coarse, fine) and 3072 bytes
of an image; the Python version has pickles, which are read without being executed. Either may still
be in its archive, under whatever name that was saved.
"""

from __future__ import annotations

import tarfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray

from netlang.backends.torch.data.sets import Parts, Tensors
from netlang.backends.torch.data.sources.files import DataRefused, named, read_exactly
from netlang.backends.torch.data.sources.inert import read_inert
from netlang.backends.torch.data.sources.labels import checked_labels
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import DataNotThere
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_arrays import Cifar10, Cifar100

__all__ = ["load_cifar"]

Bytes = NDArray[np.uint8]
_PIXELS = 3072
# The largest published file has 155 MB.
_LARGEST = 1 << 30


class _Version(ABC):
    """The layout of one version of a data set."""

    folder: str
    archive: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    names: str

    @abstractmethod
    def batch(self, content: bytes) -> tuple[Bytes, Sequence[int]]:
        """The images ``[n, 3072]`` and labels of a file. Raises `DataRefused`."""

    @abstractmethod
    def classes(self, content: bytes) -> tuple[str, ...]:
        """The names of the classes. Raises `DataRefused`."""


@final
@dataclass(frozen=True)
class _Binary(_Version):
    folder: str
    archive: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    names: str
    labels: int
    chosen: int

    def batch(self, content: bytes) -> tuple[Bytes, Sequence[int]]:
        row = self.labels + _PIXELS
        if not content or len(content) % row:
            raise DataRefused(f"its {len(content):,} bytes aren't rows of {row}")
        rows = np.frombuffer(content, np.uint8).reshape(-1, row)
        return rows[:, self.labels :], rows[:, self.chosen].tolist()

    def classes(self, content: bytes) -> tuple[str, ...]:
        return tuple(content.decode("ascii", "replace").split())


@final
@dataclass(frozen=True)
class _Python(_Version):
    folder: str
    archive: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    names: str
    labels: str
    label_names: str

    def batch(self, content: bytes) -> tuple[Bytes, Sequence[int]]:
        found = _entries(content)
        images, labels = found.get("data"), found.get(self.labels)
        if not isinstance(images, np.ndarray) or not isinstance(labels, list):
            raise DataRefused(f"it has no `data` or no `{self.labels}`")
        if images.ndim != 2 or images.shape[1] != _PIXELS or len(images) != len(labels):
            raise DataRefused(f"{len(labels)} labels for images of the sizes {images.shape}")
        if not all(isinstance(label, int) and 0 <= label < 100 for label in labels):
            raise DataRefused("a label isn't a class number")
        return images, labels

    def classes(self, content: bytes) -> tuple[str, ...]:
        names = _entries(content).get(self.label_names)
        if not isinstance(names, list):
            raise DataRefused(f"it has no `{self.label_names}`")
        return tuple(_text(name) for name in names)


def _entries(content: bytes) -> dict[str, object]:
    found = read_inert(content)
    if not isinstance(found, dict):
        raise DataRefused("it isn't a dictionary")
    return {_text(key): value for key, value in found.items()}


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise DataRefused("a name in it isn't a text")
    return value


def _versions(data: Cifar10 | Cifar100) -> tuple[_Version, ...]:
    if isinstance(data, Cifar10):
        batches = tuple(f"data_batch_{number}" for number in range(1, 6))
        return (
            _Binary(
                "cifar-10-batches-bin", "cifar-10-binary.tar.gz",
                tuple(f"{name}.bin" for name in batches), ("test_batch.bin",),
                "batches.meta.txt", 1, 0,
            ),
            _Python(
                "cifar-10-batches-py", "cifar-10-python.tar.gz", batches, ("test_batch",),
                "batches.meta", "labels", "label_names",
            ),
        )  # fmt: skip
    return (
        _Binary(
            "cifar-100-binary", "cifar-100-binary.tar.gz", ("train.bin",), ("test.bin",),
            f"{data.labels}_label_names.txt", 2, ("coarse", "fine").index(data.labels),
        ),
        _Python(
            "cifar-100-python", "cifar-100-python.tar.gz", ("train",), ("test",), "meta",
            f"{data.labels}_labels", f"{data.labels}_label_names",
        ),
    )  # fmt: skip


def load_cifar(recipe: Recipe, root: Path) -> Parts:
    """The parts in a folder or an archive. Raises `NetlangError`."""
    data = recipe.data
    assert isinstance(data, Cifar10 | Cifar100)
    version, place = _place(recipe, root, _versions(data))
    files = (*version.train, *version.test, version.names)
    with named(place, recipe.places["data"]):
        contents = _from_archive(place, files) if place.is_file() else _from_folder(place, files)
    parts = {
        "train": _part(recipe, place, version, version.train, contents),
        "test": _part(recipe, place, version, version.test, contents),
    }
    names: tuple[str, ...] = ()
    if version.names in contents:
        with named(place / version.names, recipe.places["data"]):
            names = version.classes(contents[version.names])
            if len(names) != data.classes:
                raise DataRefused(f"it names {len(names)} classes, there are {data.classes}")
    return Parts(parts["train"], None, parts["test"], checked_labels(recipe, parts, names))


def _part(
    recipe: Recipe,
    place: Path,
    version: _Version,
    files: tuple[str, ...],
    contents: dict[str, bytes],
) -> Tensors:
    images: list[Bytes] = []
    labels: list[int] = []
    for file in files:
        with named(place / file, recipe.places["data"]):
            if file not in contents:
                raise DataRefused("it is missing")
            pixels, numbers = version.batch(contents[file])
        images.append(pixels)
        labels += numbers
    shaped = np.concatenate(images).reshape(-1, 3, 32, 32)
    return Tensors((torch.from_numpy(shaped),), {"label": torch.tensor(labels)})


def _place(recipe: Recipe, root: Path, versions: tuple[_Version, ...]) -> tuple[_Version, Path]:
    """The folder or archive that holds one of the versions."""
    for version in versions:
        for folder in (root, root / version.folder):
            if (folder / version.train[0]).is_file():
                return version, folder
    for version in versions:
        if (archive := root / version.archive).is_file():
            return version, archive
    if root.is_file():
        with named(root, recipe.places["data"]):
            return _version_of(root, versions), root
    looked = " or ".join(f"`{version.train[0]}`" for version in versions)
    archives = ", ".join(f"`{version.archive}`" for version in versions)
    raise NetlangError(
        DataNotThere(
            span=recipe.places["data"],
            what=f"file {looked}",
            where=f" in `{root}`",
            advice=f"they come in the archives {archives}, which may stay packed",
        )
    )


def _from_folder(folder: Path, files: tuple[str, ...]) -> dict[str, bytes]:
    found = {}
    for name in files:
        path = folder / name
        if path.is_file():
            with path.open("rb") as file:
                found[name] = file.read(_LARGEST)
    return found


def _version_of(path: Path, versions: tuple[_Version, ...]) -> _Version:
    """The version whose files an archive has: browsers save it under other names too."""
    with _archive(path) as archive:
        for member in archive:
            for version in versions:
                if _last_name(member) in version.train:
                    return version
    first = " or ".join(f"`{version.train[0]}`" for version in versions)
    raise DataRefused(f"it has no {first}")


def _from_archive(path: Path, files: tuple[str, ...]) -> dict[str, bytes]:
    """Files of an archive by their last names. Nothing is unpacked to the disk."""
    found = {}
    with _archive(path) as archive:
        for member in archive:
            name = _last_name(member)
            if name not in files or not member.isreg() or member.size > _LARGEST:
                continue
            stream = archive.extractfile(member)
            assert stream is not None  # it is a regular file
            found[name] = bytes(read_exactly(stream, member.size))
    return found


@contextmanager
def _archive(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:*") as archive:
            yield archive
    except tarfile.TarError as error:
        raise DataRefused(f"it isn't a whole archive: {error}") from None


def _last_name(member: tarfile.TarInfo) -> str:
    return member.name.rsplit("/", 1)[-1]
