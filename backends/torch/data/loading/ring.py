"""Memory shared by processes, in slots of one shape that are reused in turn."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
from math import prod
from multiprocessing.reduction import DupFd
from typing import Protocol, final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ring"]


class _Duplicate(Protocol):
    def detach(self) -> int:
        """The file, open in this process."""


@final
class Ring:
    """`count` slots of the given shape, uint8: what one process writes, the others see.

    The memory has no name, so nothing remains however a process ends. It is reserved on
    construction, which raises `OSError` if there isn't enough. A ring can be passed to a process
    that is being started.
    """

    def __init__(self, count: int, shape: tuple[int, ...], file: int | None = None) -> None:
        self.count = count
        self.shape = shape
        self._file = _reserved(count * prod(shape)) if file is None else file
        memory = mmap.mmap(self._file, count * prod(shape))
        self.slots: NDArray[np.uint8] = np.frombuffer(memory, np.uint8).reshape(count, *shape)

    def __reduce__(self) -> tuple[object, ...]:
        return _attached, (self.count, self.shape, DupFd(self._file))

    def close(self) -> None:
        """Close the file. The memory is freed with its last user."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _attached(count: int, shape: tuple[int, ...], duplicate: _Duplicate) -> Ring:
    return Ring(count, shape, duplicate.detach())


def _reserved(size: int) -> int:
    """An unnamed file whose `size` bytes are actually reserved."""
    # Not in /dev/shm, which containers keep small.
    if sys.platform == "linux":
        file = os.memfd_create("netlang")
    else:
        with tempfile.TemporaryFile() as temporary:
            file = os.dup(temporary.fileno())
    try:
        if sys.platform == "linux":
            os.posix_fallocate(file, 0, size)
        else:
            os.ftruncate(file, size)
    except OSError:
        os.close(file)
        raise
    return file
