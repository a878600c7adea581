"""Finds where the files of a tar archive lie, in one pass over its headers.

Nothing is unpacked, so a name with a path outside is harmless: names are only compared and shown.
Python's `tarfile` reads the headers; only the step from one to the next is done here, because a
header must not cause more to be read than exists.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, final

from netlang.backends.torch.data.sources.files import DataRefused

__all__ = ["Member", "members"]

_BLOCK = 512
# Longer names or extended headers aren't useful.
_LONGEST = 1 << 16
_ENCODING, _ERRORS = "utf-8", "surrogateescape"


@final
@dataclass(frozen=True, slots=True)
class Member:
    """A regular file of an archive."""

    name: str
    offset: int
    size: int


def members(file: IO[bytes]) -> Iterator[Member]:
    """The regular files of an open archive, in order. Raises `DataRefused` if it is damaged."""
    whole = os.fstat(file.fileno()).st_size
    name: str | None = None
    size: int | None = None
    while True:
        block = file.read(_BLOCK)
        if block == bytes(_BLOCK):
            return
        header = _header(block)
        start = file.tell()
        length = header.size if size is None else size
        if length < 0 or start + length > whole:
            raise DataRefused(f"it ends before `{name or header.name}` does")
        if header.type == tarfile.GNUTYPE_LONGNAME:
            name = _extension(file, length).rstrip(b"\0").decode(_ENCODING, _ERRORS)
        elif header.type == tarfile.XHDTYPE:
            records = _records(_extension(file, length))
            name, size = records.get("path", name), _size(records)
        else:
            if header.type == tarfile.GNUTYPE_SPARSE:
                raise DataRefused(f"`{header.name}` is stored with holes")
            if header.isreg():
                yield Member(name or header.name, start, length)
            name, size = None, None
        file.seek(start + -(-length // _BLOCK) * _BLOCK)


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, _ENCODING, _ERRORS)
    except tarfile.HeaderError as error:
        raise DataRefused(f"it isn't a whole tar file: {error}") from None


def _extension(file: IO[bytes], length: int) -> bytes:
    if length > _LONGEST:
        raise DataRefused(f"a name in it has {length:,} bytes")
    return file.read(length)


def _records(content: bytes) -> dict[str, str]:
    """The fields of an extended header, each ``length key=value`` and a newline (POSIX pax)."""
    found = {}
    while content.strip(b"\0"):
        length, space, _ = content.partition(b" ")
        if not (space and length.isdigit() and len(length) < 6):
            raise DataRefused("an extended header in it is damaged")
        record = content[len(length) + 1 : int(length)]
        key, equals, value = record.rstrip(b"\n").partition(b"=")
        if not equals or int(length) > len(content) or int(length) <= len(length):
            raise DataRefused("an extended header in it is damaged")
        found[key.decode(_ENCODING, _ERRORS)] = value.decode(_ENCODING, _ERRORS)
        content = content[int(length) :]
    if any(key.startswith("GNU.sparse") for key in found):
        raise DataRefused("a file in it is stored with holes")
    return found


def _size(records: dict[str, str]) -> int | None:
    text = records.get("size")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise DataRefused("an extended header in it is damaged")
    return int(text)
