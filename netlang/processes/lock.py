"""One process at a time per file, by a lock that the system releases when its process dies.

The lock is on a file that is never removed: otherwise two processes could lock two files of the
same name. The file says who has it, for the error message of another process.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.folder import RunLocked
from netlang.processes.writing import writing

__all__ = ["locked"]

_HELD: set[int] = set()
_NO_LINK, _NO_WAIT = getattr(os, "O_NOFOLLOW", 0), getattr(os, "O_NONBLOCK", 0)
_WITHOUT_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


@contextmanager
def locked(folder: Path, name: str = "lock") -> Iterator[str | None]:
    """Inside, no other process trains in `folder`; yields a warning if that can't be ensured.

    `name` is that of the file, for a folder in which several work on different things. Raises
    `NetlangError` immediately if another process has the lock.
    """
    path = folder / name
    with writing(path):
        # What a link leads to isn't of this folder, and would be written over; a pipe may wait.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK | _NO_WAIT, 0o666)
    _HELD.add(descriptor)
    try:
        yield _take(path, descriptor)
    finally:
        _HELD.discard(descriptor)
        os.close(descriptor)


def _take(path: Path, descriptor: int) -> str | None:
    try:
        _lock(descriptor)
    except BlockingIOError:
        holder = _holder(descriptor)
        raise NetlangError(RunLocked(span=None, folder=str(path.parent), holder=holder)) from None
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            with writing(path):
                raise
        return f"{path.parent} can't be locked here: see that nobody else works in it"
    who = json.dumps({"pid": os.getpid(), "host": socket.gethostname()})
    with writing(path):
        os.truncate(descriptor, 0)
        os.write(descriptor, who.encode())
    return None


def _holder(descriptor: int) -> str:
    """Who wrote the file, in words; it may be foreign or not written yet."""
    try:
        found = json.loads(os.read(descriptor, 1000))
        return f"process {int(found['pid'])} on {str(found['host'])[:100]!r}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "another process"


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        # Beyond the text, which another process is to read.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _let_go() -> None:
        """In a forked child: a worker that outlives the trainer must not hold the lock."""
        for descriptor in _HELD:
            os.close(descriptor)
        _HELD.clear()

    os.register_at_fork(after_in_child=_let_go)
