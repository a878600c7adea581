"""Files that are either whole or not there: written beside their place, flushed, renamed.

On exit a file survives a crash of the process and of the machine, and no reader ever saw half of
it. What the system refuses is an `OSError`, after which the old file stands as it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["discard_unfinished", "replace_file", "replacing"]


def replace_file(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a file whole or not at all.

    `mode` is that of the new file; None stands for what the system gives one.
    """
    with replacing(path, mode) as temporary:
        temporary.write_bytes(content)


@contextmanager
def replacing(path: Path, mode: int | None = None) -> Iterator[Path]:
    """Inside, an empty file to fill; on exit without an error it takes the place of `path`."""
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    # A file that nobody else could have put there, with the permissions of any new one.
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        given = os.fstat(descriptor).st_mode if mode is None else mode
        os.close(descriptor)
        yield temporary
        # Some libraries set permissions of their own.
        temporary.chmod(given & 0o7777)
        _flush(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _flush(path.parent)


def discard_unfinished(folder: Path) -> None:
    """Remove what killed processes left of files in `folder` that nobody else is writing to."""
    for left in folder.glob(".*.tmp"):
        left.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Wait until a file, or the list of names in a folder, is on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows can't open a folder; its rename is durable with the file
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
