"""Memory: where it ends, the user is told; on a CPU, what a step frees is kept for the next one.

glibc gives blocks of over 32 MiB back to the system as soon as they are freed, and takes new ones,
page by page, for the next tensor of that size: that can take longer than what is computed in them.
Smaller ones it learns to keep: each that it gets back raises its thresholds (mallopt(3), "dynamic
mmap threshold"). Once a program sets one it never learns again, so a run leaves those thresholds
that learning ends at, whatever they were before it.
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
    """Inside, memory that runs out becomes an error that says what to do."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        # PyTorch's sentence, without what it advises to its own users and where it was in its code.
        found = _ASKED.search(str(error))
        what = found[0] if found else "no more could be had"
        raise NetlangError(DeviceMemoryMissing(span=None, device=str(device), what=what)) from None


@contextmanager
def freed_memory_kept(device: torch.device) -> Iterator[None]:
    """Inside, a process that trains on the CPU keeps what it freed; on exit it gives it back.

    From then on glibc keeps freed blocks of up to 32 MiB, 64 MiB of them at most at the end of its
    memory, as it does in any process that has freed one so large. Where memory isn't glibc's
    nothing happens.
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
