"""Reads untrusted files into memory: never more than fits, nor more than the file really holds.

Functions raise `DataRefused` with the reason; `named` turns it into an error that names the file.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import DataUnreadable
from netlang.regular import kind_of
from netlang.source import Span

__all__ = [
    "MOST_EXPANSION", "DataRefused", "memory", "named", "read_exactly", "require_ordinary",
    "unpacked",
]  # fmt: skip

# A byte of deflate can stand for so many: https://www.zlib.net/zlib_tech.html.
MOST_EXPANSION = 1032
_SLACK = 1 << 16
_CHUNK = 1 << 24


class DataRefused(Exception):
    """Why a file can't be read."""


@contextmanager
def named(path: Path | str, span: Span | None) -> Iterator[None]:
    """Inside, a `DataRefused` becomes an error that names the file."""
    try:
        yield
    except DataRefused as error:
        raise NetlangError(DataUnreadable(span=span, path=str(path), why=str(error))) from None
    except (OSError, EOFError, zlib.error) as error:
        # gzip says what is wrong in an OSError without a number.
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise NetlangError(DataUnreadable(span=span, path=str(path), why=why)) from None


def memory() -> int:
    """The machine's memory in bytes."""
    if not hasattr(os, "sysconf"):  # on Windows
        return 1 << 40
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def read_exactly(file: IO[bytes], size: int) -> bytearray:
    """`size` bytes, which must be there, read piece by piece."""
    if size > memory():
        raise DataRefused(f"it holds {size:,} bytes, more than there is memory")
    content = bytearray()
    while len(content) < size:
        piece = file.read(min(size - len(content), _CHUNK))
        if not piece:
            raise DataRefused(f"it ends after {len(content):,} of {size:,} bytes")
        content += piece
    return content


def require_ordinary(path: Path) -> None:
    """Raise `DataRefused` for a pipe, device or socket, which may never begin or never end."""
    kind = kind_of(os.stat(path).st_mode)
    if kind is not None:
        raise DataRefused(f"it is {kind}")


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[IO[bytes], int]]:
    """A file, unpacked if its first bytes say gzip, and the most bytes that it can hold."""
    require_ordinary(path)
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        size = os.fstat(file.fileno()).st_size
        if not packed:
            yield file, size
            return
        with gzip.open(file, "rb") as inner:
            yield inner, MOST_EXPANSION * size + _SLACK  # type: ignore[misc]  # bytes
