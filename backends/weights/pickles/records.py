"""Opens zip archives of PyTorch, whose records lie in them as they are.

On exit, the list of records is short. After `require_stored`, none is compressed, and they don't
overlap, so that reading all of them takes no more than the size of the file.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

__all__ = ["require_stored", "zip_records"]

_LONGEST_DIRECTORY = 2 << 20
# The end of a zip archive's directory; that of a large one, and the distance between the two.
_END, _LARGE_END, _LOCATOR = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q"), 20


@contextmanager
def zip_records(
    file: IO[bytes],
) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """The archive in a file, and its records. Raises `ValueError` with the reason."""
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive, archive.infolist()
    # What `zipfile` raises for bytes that it can't make sense of, or has no support for.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, struct.error) as error:
        raise ValueError(f"a damaged archive ({error})") from None


def require_stored(file: IO[bytes], records: list[zipfile.ZipInfo]) -> None:
    """Raises `ValueError` if reading the records could take more than the size of the file."""
    if any(each.compress_type != zipfile.ZIP_STORED for each in records):
        raise ValueError("its records are compressed, and have to be stored as they are")
    file.seek(0, 2)
    if sum(each.file_size for each in records) > file.tell():
        raise ValueError("its records overlap")


def _check_directory(file: IO[bytes]) -> None:
    """Check that the list of records is short enough to be read."""
    file.seek(0, 2)
    file.seek(max(0, file.tell() - (1 << 16) - _END.size))
    end = file.read()
    place = end.rfind(b"PK\x05\x06")
    if place < 0 or len(end) - place < _END.size:
        raise ValueError("the end of the archive is missing: the file is cut off")
    size = _END.unpack_from(end, place)[5]
    large = place - _LOCATOR - _LARGE_END.size
    if large >= 0 and end[large : large + 4] == b"PK\x06\x06":
        size = max(size, _LARGE_END.unpack_from(end, large)[8])
    if size > _LONGEST_DIRECTORY:
        raise ValueError(f"its list of records has {size:,} bytes, {_LONGEST_DIRECTORY:,} are read")
