"""Weights files mapped into memory, whose bytes are read only when they are accessed."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, final

from netlang.regular import opened

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MappedFile"]

# Bytes after which the process gives pages back: what was read stays in the system's cache alone.
_HELD = 1 << 24
_PIECE = 1 << 22
_GIVE_BACK: int | None = getattr(mmap, "MADV_DONTNEED", None)
# Linux's MADV_POPULATE_READ, which Python has no name for; earlier ones than 5.14 refuse it.
_MAP = 22 if sys.platform == "linux" else None


@final
class MappedFile:
    """A file with a fixed, nonzero size, determined when it is opened.

    What is written into the memory of a `private` one stays there, and is given back by no method
    but those that read all of it: `about_to_read` and `pieces`.
    """

    def __init__(self, path: Path, *, private: bool = False) -> None:
        """Raises `OSError` if it can't be read, and `ValueError` if it is empty or not a file."""
        access = mmap.ACCESS_COPY if private else mmap.ACCESS_READ
        with opened(path) as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=access)
        self._path = path
        self._held = 0

    def array(
        self, dtype: np.dtype[np.generic], shape: tuple[int, ...], begin: int, end: int
    ) -> NDArray[np.generic]:
        """The elements from byte `begin` to `end`, in a fitting shape. Nothing is read yet."""
        import numpy as np

        count = (end - begin) // dtype.itemsize
        return np.frombuffer(self.bytes, dtype, count, begin if count else 0).reshape(shape)

    def pieces(self, begin: int) -> Iterator[bytes]:
        """Copies of the bytes from `begin` on, in order. Raises as `require_whole` does."""
        for start in range(begin, len(self.bytes), _PIECE):
            self.about_to_read(_PIECE, start)
            yield self.bytes[start : start + _PIECE]

    def close(self) -> None:
        """Close the file. No arrays of it may have been requested."""
        self.bytes.close()

    def require_whole(self) -> None:
        """Raise `OSError` if the file has become shorter since it was opened."""
        if self.bytes.size() < len(self.bytes):
            raise OSError(f"{self._path} was cut off while it was read")

    def map(self, begin: int, end: int) -> None:
        """Read a range and map its pages together, if the system can: faster than one by one.

        Other threads run between pieces of it, which may take a while to read.
        """
        start, end = begin - begin % mmap.PAGESIZE, min(end, len(self.bytes))
        if _MAP is not None:
            with suppress(OSError):  # whoever reads the values tells it
                for piece in range(start, end, _PIECE):
                    self.bytes.madvise(_MAP, piece, min(_PIECE, end - piece))

    def about_to_read(self, size: int, begin: int) -> None:
        """As `require_whole`, before `size` bytes are read. Pages of the first ones are mapped."""
        self.require_whole()
        self._held += size
        if self._held > _HELD and _GIVE_BACK is not None:
            self.bytes.madvise(_GIVE_BACK)
            self._held = size
        self.map(begin, begin + min(size, _HELD))
