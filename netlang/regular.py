"""Regular files, read with an end: what else may lie at a path is called what it is.

A named pipe waits for a writer that may never come, and a device may give bytes without end. So the
kind of a path is asked before it is opened, and no more is read than may be.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

__all__ = ["kind_of", "opened", "read_bytes"]

# What a path is that isn't a file, by the test for its mode.
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
    return next((text for is_it, text in _KINDS if is_it(mode)), None)


def opened(path: Path) -> BinaryIO:
    """A regular file, opened to be read.

    Raises `OSError` where it can't be opened, and `ValueError` for what is no file.
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
    """What a regular file has, or its first `most` + 1 bytes; raises as `opened` does."""
    with opened(path) as file:
        return file.read(most + 1)


def _refuse(mode: int) -> None:
    kind = kind_of(mode)
    if kind is not None:
        raise ValueError(f"it is {kind}")
