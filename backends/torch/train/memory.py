"""Reports a lack of memory to the user; on a CPU, keeps what a step frees for the next step.

glibc returns blocks of over 32 MiB to the system when they are freed, and takes new ones, page by
page, for the next tensor of that size. That can take longer than the computation on them. It learns
to keep smaller blocks: each block that it gets back raises its thresholds (mallopt(3), "dynamic
mmap threshold"). Once a program sets a threshold, glibc stops learning, so a run leaves the
thresholds at which learning ends, whatever they were before.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from netlang.backends.torch.data.loading.failure import is_out_of_memory
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import DeviceMemoryMissing

__all__ = ["freed_memory_kept", "memory_told"]

# malloc.h of glibc.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_MMAP_MAX = -1, -3, -4
# DEFAULT_MMAP_MAX and, in bytes, DEFAULT_MMAP_THRESHOLD_MAX and its double, from malloc.c of glibc.
_DEFAULT_MMAP_MAX = 65536
_LARGEST_MMAP_THRESHOLD = 4 * 1024 * 1024 * ctypes.sizeof(ctypes.c_long)
_LARGEST_TRIM_THRESHOLD = 2 * _LARGEST_MMAP_THRESHOLD
_NEVER = 2**31 - 1

# How PyTorch says what it asked for.
_ASKED = re.compile(r"tried to allocate [\d.]+ \w+", re.IGNORECASE)


@contextmanager
def memory_told(device: torch.device) -> Iterator[None]:
    """Inside, running out of memory becomes an error that says what to do."""
    try:
        yield
    except (RuntimeError, TypeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        # PyTorch's sentence, without what it advises to its own users and where it was in its code.
        found = _ASKED.search(str(error))
        what = found[0] if found else "no more could be had"
        raise NetlangError(DeviceMemoryMissing(span=None, device=str(device), what=what)) from None


@contextmanager
def freed_memory_kept(device: torch.device) -> Iterator[None]:
    """Inside, a process that trains on the CPU keeps freed memory; on exit it is returned.

    From then on, glibc keeps freed blocks of up to 32 MiB, and at most 64 MiB at the end of its
    memory, as in any process that has once freed such a large block. If memory isn't managed by
    glibc, nothing happens.
    """
    library = _glibc() if device.type == "cpu" else None
    if library is None:
        yield
        return
    library.mallopt(_M_MMAP_MAX, 0)
    library.mallopt(_M_TRIM_THRESHOLD, _NEVER)
    try:
        yield
    finally:
        library.mallopt(_M_MMAP_MAX, _DEFAULT_MMAP_MAX)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        library.mallopt(_M_TRIM_THRESHOLD, _LARGEST_TRIM_THRESHOLD)
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    try:
        library.gnu_get_libc_version  # noqa: B018 - whether it is there is the question
    except AttributeError:
        return None
    return library
