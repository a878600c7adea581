"""Element types as numpy types."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from netlang.ir.types import DType

if TYPE_CHECKING:
    import numpy as np

__all__ = ["numpy_type"]


@cache
def numpy_type(dtype: DType) -> np.dtype[np.generic]:
    """numpy's element type; for bfloat16, which numpy lacks, that of the package ml_dtypes."""
    import ml_dtypes
    import numpy as np

    found: np.dtype[np.generic] = np.dtype(
        ml_dtypes.bfloat16 if dtype is DType.BFLOAT16 else dtype.value
    )
    return found
