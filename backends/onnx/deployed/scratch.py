"""Memory that is used again, for arrays that are written to a file and then forgotten.

The system clears each page of new memory when it is first used. For an array of a megabyte, this
takes as long as filling it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final
from weakref import ref

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

__all__ = ["Scratch"]

# The share of its memory that an array takes at least.
_SHARE = 4
# Copying is faster from the start of a line of the processor's cache.
_LINE = 64


@final
class Scratch:
    """Memory for arrays of up to `size` bytes each.

    That of an array is used again when nothing refers to the array, or to a part of it, any more.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._unused: list[memoryview] = []
        # By the identity of the reference to each array.
        self._used: dict[int, tuple[ref[Bytes], memoryview]] = {}

    def array(self, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
        """An array with any values, in new memory if it takes more bytes than usual."""
        import numpy as np

        size = dtype.itemsize
        for each in shape:
            size *= each
        if not self._size // _SHARE < size <= self._size:
            return np.empty(shape, dtype)
        memory = self._unused.pop() if self._unused else self._made()
        # Every part of it refers to this array, since it refers to no other one.
        whole = np.frombuffer(memory, np.uint8, size)
        reference = ref(whole, self._forgotten)
        self._used[id(reference)] = reference, memory
        return whole.view(dtype).reshape(shape)

    def _made(self) -> memoryview:
        import numpy as np

        memory = np.empty(self._size + _LINE, np.uint8)
        begin = -memory.ctypes.data % _LINE
        return memory.data[begin : begin + self._size]

    def _forgotten(self, array: ref[Bytes]) -> None:
        self._unused.append(self._used.pop(id(array))[1])
