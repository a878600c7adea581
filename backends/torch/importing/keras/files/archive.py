"""The archive of a Keras model: its configuration, and its weights by their groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.importing.programs.archive import MOST_TEXT, parsed, stored_records
from netlang.records import Record

__all__ = ["KerasArchive", "opened_model"]

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_KNOWN = {_CONFIG, _WEIGHTS, "metadata.json"}
_MOST_WEIGHTS = 1 << 33


@final
class KerasArchive(Record, eq=False):
    """A model's configuration, and the file of its weights, which h5py has opened."""

    config: Any
    weights: Any

    @property
    def size(self) -> int:
        """The bytes of all weights, and of what is around them."""
        return int(self.weights.id.get_filesize())

    def name(self, group: str) -> str | None:
        """The name of the layer whose group this is, which newer files say."""
        found = _member(self.weights, f"{group}/vars")
        if found is None or "name" not in found.attrs:
            return None
        # An array isn't read: each of its elements may be one long text.
        said = found.attrs["name"] if found.attrs.get_id("name").shape == () else None
        if not isinstance(said, str):
            raise ValueError(f"`{group[:200]}` of its weights has a name that is no text")
        return said

    def numbers(self, group: str, place: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """A variable of a layer. Raises `ValueError` unless it has this shape, in the file."""
        h5py: Any = import_module("h5py")

        where = f"{group}/vars/{place}"
        found = _member(self.weights, where)
        if not isinstance(found, h5py.Dataset):
            raise ValueError(f"it has no weight `{where[:200]}`")
        if found.shape != shape or found.dtype.kind not in "fiu":
            raise ValueError(f"its weight `{where[:200]}` has another shape or type")
        whole = prod(shape) * found.dtype.itemsize
        plain = found.chunks is None and found.id.get_create_plist().get_nfilters() == 0
        if found.external or found.is_virtual or not plain or found.id.get_storage_size() != whole:
            raise ValueError(f"its weight `{where[:200]}` isn't stored as it is, in the file")
        return np.asarray(found[()], np.float32)


def _member(file: Any, path: str) -> Any:
    """What a path leads to by hard links alone, none of which leads out of the file."""
    h5py: Any = import_module("h5py")

    for part in path.split("/"):
        link = file.get(part, getlink=True) if isinstance(file, h5py.Group) else None
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"`{path[:200]}` of its weights is a link")
        file = file[part]
    return file


@contextmanager
def opened_model(path: Path) -> Iterator[KerasArchive]:
    """The archive at a path; inside, each `ValueError` becomes a `NetlangError` that says so."""
    with stored_records(path, "Keras 3's `model.save`") as (archive, records):
        names = [each.filename for each in records]
        if sorted(names) not in (sorted(_KNOWN), sorted({_CONFIG, _WEIGHTS})):
            raise ValueError("it has other records than a configuration and weights")
        sizes = {each.filename: each.file_size for each in records}
        if sizes[_CONFIG] > MOST_TEXT or sizes[_WEIGHTS] > _MOST_WEIGHTS:
            raise ValueError("its records are too long")
        config = parsed(archive.read(_CONFIG), "its configuration")
        with _hdf5(archive.read(_WEIGHTS)) as weights:
            yield KerasArchive(config, weights)


def _hdf5(content: bytes) -> Any:
    h5py: Any = import_module("h5py")
    try:
        return h5py.File(BytesIO(content), "r")
    except (OSError, RuntimeError, ArithmeticError, LookupError, TypeError, ValueError):
        raise ValueError("its weights are no HDF5") from None
