"""Reads regular files up to a limit; other things at a path are named for what they are.

A named pipe waits for a writer that may never come, and a device may produce bytes without end. So
the kind of a path is checked before it is opened, and reading is limited.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

__all__ = ["kind_of", "opened", "read_bytes", "real_path"]

# What else a path may be, by the test of its mode.
_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def kind_of(mode: int) -> str | None:
    """What has this mode, in words; None for a regular file."""
    if stat.S_ISREG(mode):
        return None
    return next((text for is_it, text in _KINDS if is_it(mode)), None)


def real_path(path: Path) -> Path:
    """Where a path leads by its links, there or not.

    In Python 3.11 and 3.12, `Path.resolve` raises `RuntimeError` for links in a circle.
    """
    return Path(os.path.realpath(path))


def opened(path: Path) -> BufferedReader:
    """A regular file opened for reading.

    Raises `OSError` if it can't be opened, and `ValueError` if it isn't a regular file.
    """
    _refuse(path.stat().st_mode)
    file = open(os.open(path, _FLAGS), "rb")  # noqa: SIM115  # the caller closes it
    try:
        _refuse(os.fstat(file.fileno()).st_mode)  # another may have come in its place
    except ValueError:
        file.close()
        raise
    return file


def read_bytes(path: Path, most: int) -> bytes:
    """The contents of a regular file, or its first `most` + 1 bytes; raises as `opened` does."""
    with opened(path) as file:
        # Not `most` + 1 at once: memory for that takes longer than most files.
        size = min(os.fstat(file.fileno()).st_size, most)
        content = file.read(size + 1)
        return content if len(content) <= size else content + file.read(most - size)


def _refuse(mode: int) -> None:
    kind = kind_of(mode)
    if kind is not None:
        raise ValueError(f"it is {kind}")
