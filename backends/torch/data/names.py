"""Names of millions of files in one block of memory.

A list of strings would be copied bit by bit in every worker process, since reference counting
writes to each string.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

__all__ = ["PathList", "shown"]


@final
class PathList:
    """An immutable list of paths."""

    def __init__(self, block: bytes, ends: NDArray[np.int64]) -> None:
        self.block = block
        self.ends = ends

    @classmethod
    def of(cls, paths: Iterable[str]) -> PathList:
        parts = [os.fsencode(path) for path in paths]
        return cls(b"".join(parts), np.cumsum([len(part) for part in parts], dtype=np.int64))

    @classmethod
    def joined(cls, lists: Sequence[PathList]) -> PathList:
        """The concatenation of several lists."""
        starts = np.cumsum([0, *(len(each.block) for each in lists)])
        ends = [each.ends + start for each, start in zip(lists, starts, strict=False)]
        return cls(b"".join(each.block for each in lists), np.concatenate(ends))

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, number: int) -> str:
        start = self.ends[number - 1] if number else 0
        return os.fsdecode(self.block[start : self.ends[number]])

    def subset(self, numbers: NDArray[np.int64]) -> PathList:
        return PathList.of(self[number] for number in numbers.tolist())


def shown(path: str) -> str:
    """A path for a message; bytes that aren't valid text are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
