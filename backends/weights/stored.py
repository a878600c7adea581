"""Tensors as they lie in a file or in memory, before a net takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, final

from netlang.backends.weights.arrays import numpy_type
from netlang.backends.weights.mapped import MappedFile
from netlang.ir.types import DType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Stored", "all_finite"]

# The bits of the exponent: all of them are set in NaN and infinity alone.
_EXPONENTS: Mapping[DType | None, int] = {DType.FLOAT16: 0x7C00, DType.BFLOAT16: 0x7F80}


@final
@dataclass(frozen=True, eq=False)
class Stored:
    """A tensor as it lies in its file.

    `dtype` is None where the data are of a type that no weight can take; `type_name` names it.
    `file` is the one that the data are mapped from, if they are. `target` is the type that a net
    wants them to have, where that is another one.
    """

    shape: tuple[int, ...]
    type_name: str
    dtype: DType | None
    data: NDArray[np.generic]
    file: MappedFile | None = None
    target: DType | None = None

    @property
    def address(self) -> int:
        """Where the data begin in memory."""
        return int(self.data.__array_interface__["data"][0])

    def fits(self, dtype: DType) -> bool:
        """Whether the data convert to `dtype`: floats to floats, whole numbers to whole numbers."""
        mine = self.dtype
        return mine is dtype or (mine is not None and mine.is_float is dtype.is_float)

    def bound_for(self, dtype: DType) -> Stored:
        """These data for a weight of a type: one that is too narrow makes infinities of some."""
        return self if dtype is self.dtype else replace(self, target=dtype)

    def array(self, dtype: DType) -> NDArray[np.generic]:
        """The data as `dtype`; without a copy if that is their type.

        Raises `OSError` where the file was cut off since it was opened.
        """
        import numpy as np

        if self.file is not None:
            self.file.require_whole()
        wanted = numpy_type(dtype)
        if self.data.dtype == wanted:
            return self.data
        # `finite` tells of what is beyond the target.
        with np.errstate(over="warn" if self.target is None else "ignore"):
            return self.data.astype(wanted)

    def finite(self) -> bool:
        """Whether no value is NaN or infinite, as the net will have it; raises as `array` does."""
        import numpy as np

        if self.file is not None:
            self.file.about_to_read(self.data.nbytes)
        data = self.data if self.target is None else self.array(self.target)
        if data.dtype.kind == "f" and data.dtype.itemsize > 2:
            return _are_finite(data.reshape(-1))
        bits = _EXPONENTS.get(self.target or self.dtype)
        return bits is None or not ((data.view(np.uint16) & bits) == bits).any()


def all_finite(tensors: Iterable[Stored]) -> bool:
    """Whether no value of several small tensors is NaN or infinite, all looked at in one go.

    Raises `OSError` as `Stored.array` does.
    """
    import numpy as np

    data = []
    for each in tensors:
        if each.data.dtype != np.float32 or each.target is not None:
            if not each.finite():
                return False
            continue
        if each.file is not None:
            each.file.require_whole()
        data.append(each.data.reshape(-1))
    return not data or _are_finite(np.concatenate(data))


def _are_finite(values: NDArray[np.generic]) -> bool:
    """One pass, as fast as memory: NaN and infinity stay in a sum of squares.

    Without them it is finite, but where it overflows.
    """
    import numpy as np

    with np.errstate(all="ignore"):
        squares = np.dot(values, values)
    return isfinite(squares) or bool(np.isfinite(values).all())
