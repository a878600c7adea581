"""Writes files atomically: beside their place, flushed, then renamed.

On exit, a file survives a crash of the process, and no reader ever saw half of it. If it is
flushed, it survives a crash of the machine too. Flushing takes several times as long as writing, so
files that a command could simply write again aren't flushed. Refusals by the system are `OSError`s,
after which the old file is unchanged.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import final

from netlang.records import Draft
from netlang.regular import kind_of

__all__ = [
    "Placed", "append", "discard_unfinished", "end_of_links", "flush_folder",
    "make_folder", "placing", "remove_folder", "replace_file", "replacing", "require_place",
    "unfinished_name", "write_all",
]  # fmt: skip

_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")
# Windows takes no more than an int holds at once, Linux 2 GB.
_AT_ONCE = 1 << 26


def replace_file(
    path: Path, content: bytes, mode: int | None = None, *, flushed: bool = True
) -> None:
    """Write a file atomically.

    `mode` is the mode of the new file; None means the system's default.
    """
    with replacing(path, mode, flushed=flushed) as temporary:
        write_all(temporary, [content])


@contextmanager
def replacing(path: Path, mode: int | None = None, *, flushed: bool = True) -> Iterator[Path]:
    """Inside, an empty file to fill; on exit without an error, it replaces `path`.

    A link is replaced itself: a folder may be a stranger's, and its links lead anywhere. What a
    user names goes to its `end_of_links`.
    """
    with placing(path.parent, path.name, mode, flushed=flushed) as file:
        yield file.temporary


def end_of_links(path: Path) -> Path:
    """The file that a path leads to, itself if it isn't a link. `OSError` for links in a circle."""
    if not path.is_symlink():
        return path
    end = Path(os.path.realpath(path))
    if end.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return end


def require_place(path: Path) -> None:
    """Raises `OSError` if no file can be put at `path`; nothing is left there."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    end = end_of_links(path)
    _require_file(end)
    temporary = end.parent / unfinished_name(end.name)
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    temporary.unlink()


@final
class Placed(Draft):
    """A file that is being filled, and its future name."""

    temporary: Path
    name: str


@contextmanager
def placing(
    folder: Path, name: str, mode: int | None = None, *, flushed: bool = True
) -> Iterator[Placed]:
    """As `replacing`, for a file in `folder` whose name may change until it is complete.

    A device, pipe or socket of that name isn't replaced: that is an `OSError`.
    """
    _require_file(folder / name)
    temporary = folder / unfinished_name(name)
    file = Placed(temporary, name)
    # A file that nobody else can have created, with the permissions of any new one.
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        given = os.fstat(descriptor).st_mode if mode is None else mode
        os.close(descriptor)
        yield file
        # Some libraries set permissions of their own.
        temporary.chmod(given & 0o7777)
        if flushed:
            _flush(temporary, os.O_RDWR)
        os.replace(temporary, folder / file.name)
    except BaseException:
        # The first error counts; remains of the file are removed when the folder is used again.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if flushed:
        flush_folder(folder)


def _require_file(path: Path) -> None:
    """Raise `OSError` for a device, pipe or socket: root could replace `/dev/null` by a file."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return  # nothing is there, or creating a file says what is wrong
    kind = kind_of(mode)
    if kind is not None and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, f"it is {kind}", str(path))


def unfinished_name(name: str) -> str:
    """A unique name for an incomplete file, which `discard_unfinished` recognizes."""
    return f".{name}.{os.urandom(4).hex()}.tmp"


def write_all(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Fill an existing file."""
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    try:
        for part in parts:
            append(descriptor, part)
    finally:
        os.close(descriptor)


def append(descriptor: int, content: bytes | memoryview) -> None:
    """Write everything to an open file, in as many calls as the system needs."""
    left = memoryview(content).cast("B")
    while left:
        left = left[os.write(descriptor, left[:_AT_ONCE]) :]


def make_folder(path: Path) -> None:
    """Create a folder and its parents such that they survive a crash of the machine."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    flush_folder(path.parent)


def flush_folder(path: Path) -> None:
    """Wait until a folder's list of names is on disk."""
    if os.name == "nt":
        return  # Windows can't open a folder; its rename is durable with the file
    _flush(path, os.O_RDONLY)


def discard_unfinished(folder: Path) -> None:
    """Remove the unfinished files that killed processes left in `folder`, and in folders below.

    No other process may be writing there.
    """
    for left in [*folder.rglob(".*.tmp")]:
        if not _UNFINISHED.fullmatch(left.name):
            continue
        if left.is_dir() and not left.is_symlink():
            remove_folder(left)
        else:
            left.unlink(missing_ok=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder with its contents, if it exists."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            remove_folder(path)
        else:
            path.unlink(missing_ok=True)
    folder.rmdir()


def _flush(path: Path, flags: int) -> None:
    """Wait until a file is on disk."""
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
