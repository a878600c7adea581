"""Arrays of an untrusted `.npz` file: no objects, and no more memory than the arrays need.

Before anything is read, the size that an array declares is compared with the archive's, and that
with the most that so many compressed bytes can hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from netlang.backends.torch.data.sources.files import (
    MOST_EXPANSION,
    DataRefused,
    read_exactly,
    require_ordinary,
)

__all__ = ["array_names", "read_npz"]

_ENDING = ".npy"
_SLACK = 1 << 16
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def array_names(path: Path) -> tuple[str, ...]:
    """The names of the arrays in a file. Raises `DataRefused`."""
    with _archive(path) as archive:
        return tuple(name.removesuffix(_ENDING) for name in archive.namelist())


def read_npz(path: Path, names: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    """The arrays with these names, which must exist. Raises `DataRefused`."""
    with _archive(path) as archive:
        return {name: _array(archive, name) for name in names}


def _archive(path: Path) -> ZipFile:
    require_ordinary(path)
    try:
        return ZipFile(path)
    except BadZipFile as error:
        raise DataRefused(f"it isn't an archive of arrays: {error}") from None


def _array(archive: ZipFile, name: str) -> NDArray[np.generic]:
    info = archive.getinfo(name + _ENDING)
    try:
        _require_sense(info)
        with archive.open(info) as stream:
            return _read(stream, info)
    except DataRefused as error:
        raise DataRefused(f"array `{name}`: {error}") from None
    except (BadZipFile, ValueError, RuntimeError, NotImplementedError) as error:
        # An encrypted or overlapping member, a header that isn't a literal.
        raise DataRefused(f"array `{name}`: {error}") from None


def _require_sense(info: ZipInfo) -> None:
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise DataRefused("it is packed as numpy doesn't")
    if info.file_size > MOST_EXPANSION * info.compress_size + _SLACK:
        raise DataRefused(f"{info.compress_size:,} bytes can't stand for {info.file_size:,}")


def _read(stream: IO[bytes], info: ZipInfo) -> NDArray[np.generic]:
    header = _HEADERS.get(npy.read_magic(stream))
    if header is None:
        raise DataRefused("it has a version of the format that numpy writes for records alone")
    try:
        shape, by_columns, dtype = header(stream)
    except OSError:
        raise  # of the file system, which says nothing about the header
    except Exception:
        # It is read as a literal of Python, which may end in any way: in a `TokenError`, say.
        raise DataRefused("its header describes no array") from None
    if dtype.hasobject:
        raise DataRefused("it holds Python objects, which could run anything when they are read")
    if dtype.kind not in "biuf":
        raise DataRefused(f"its values are {dtype}, no numbers")
    size = prod(shape) * dtype.itemsize
    if size != info.file_size - stream.tell():
        there = info.file_size - stream.tell()
        raise DataRefused(f"its header says {size:,} bytes, and there are {there:,}")
    values = np.frombuffer(read_exactly(stream, size), dtype)
    return values.reshape(shape, order="F" if by_columns else "C")
