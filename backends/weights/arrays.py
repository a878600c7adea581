"""Element types as numpy has them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from netlang.ir.types import DType

if TYPE_CHECKING:
    import numpy as np

__all__ = ["numpy_type"]


@cache
def numpy_type(dtype: DType) -> np.dtype[np.generic]:
    """numpy's type of elements; bfloat16, which it lacks, is that of the package ml_dtypes."""
    import ml_dtypes
    import numpy as np

    found: np.dtype[np.generic] = np.dtype(
        ml_dtypes.bfloat16 if dtype is DType.BFLOAT16 else dtype.value
    )
    return found
