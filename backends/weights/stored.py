"""Tensors as they lie in a file or in memory, before a net takes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.backends.weights.arrays import numpy_type
from netlang.ir.types import DType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Region", "Stored"]


@dataclass(frozen=True, slots=True)
class Region:
    """The bytes of a tensor within a file, row-major and little-endian."""

    path: Path
    offset: int
    size: int


@dataclass(frozen=True, eq=False)
class Stored:
    """A tensor as it lies in its file.

    `dtype` is None where the data are of a type that no weight can take; `type_name` names it.
    `region` says where the bytes lie, if they can be copied from there.
    """

    shape: tuple[int, ...]
    type_name: str
    dtype: DType | None
    data: NDArray[np.generic]
    region: Region | None = None

    def fits(self, dtype: DType) -> bool:
        """Whether the data convert to `dtype`: floats to floats, whole numbers to whole numbers."""
        return self.dtype is not None and self.dtype.is_float is dtype.is_float

    def array(self, dtype: DType) -> NDArray[np.generic]:
        """The data as `dtype`; without a copy if that is their type."""
        return self.data.astype(numpy_type(dtype), copy=False)

    def finite(self) -> bool:
        """Whether no value is NaN or infinite."""
        import numpy as np

        if self.dtype is None or not self.dtype.is_float or not self.data.size:
            return True
        data = self.data.astype(np.float32) if self.data.dtype.itemsize < 4 else self.data
        with np.errstate(all="ignore"):
            total = data.sum()
        # Values whose sum is finite are; the sum of others may overflow.
        return bool(np.isfinite(total) or np.isfinite(data).all())
