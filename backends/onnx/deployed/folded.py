"""The numbers of a map with affine steps folded in.

An affine step is y = f x + s for each channel. After a map y = W x + b it gives f W and f b + s.
Before it, W f and b + W s, where W s sums over the taps, so that it holds only where the map reads
no padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from netlang.backends.weights.arrays import numpy_type
from netlang.ir.types import DType
from netlang.passes.affine import Affine, FoldedMap, GivenAffine, NormAffine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.floating[Any]]

__all__ = ["Folding", "keys_of"]

Values: TypeAlias = "Callable[[str], Array]"
"""The tensor of the spec under a key."""

# The bytes of a weight that are made at a time, which a processor's cache holds.
_PIECE = 1 << 20
# In elements: a row that is as fast without buffers, and the least size of a buffer.
_LONG_ROW, _LEAST_BUFFER = 256, 16


class Folding:
    """The numbers of one map. `values` gives the tensors that `keys_of` names."""

    def __init__(self, fold: FoldedMap, values: Values) -> None:
        self._fold, self._values = fold, values

    def weight(self, dtype: DType) -> Array:
        """The weight of the map: [out, in/groups, ...] or, transposed, [in, out/groups, ...]."""
        weight = _own(self._fold, self._values)
        return _product(weight, self._factors(weight.shape, dtype), slice(None))

    def pieces(self, dtype: DType) -> Iterator[Array]:
        """The weight, some rows of its first axis after the other."""
        weight = _own(self._fold, self._values)
        factors = self._factors(weight.shape, dtype)
        count = max(1, _PIECE * len(weight) // max(1, weight.nbytes))
        for first in range(0, len(weight), count):
            yield _product(weight, factors, slice(first, first + count))

    def bias(self, dtype: DType) -> Array:
        """The bias of the map, [out]."""
        import numpy as np

        fold, values = self._fold, self._values
        bias: Any = 0.0 if fold.bias is None else values(fold.bias).astype(np.float64)
        weight = values(fold.weight)
        out = weight.shape[1] * fold.groups if fold.transposed else weight.shape[0]
        with np.errstate(all="ignore"):  # a note tells of values that aren't finite
            if fold.before:
                _, summand = self._before
                bias = bias + _read(_own(fold, values), fold, summand)
            if fold.after:
                factor, summand = self._after
                bias = bias * factor + summand
            made = np.asarray(bias).astype(numpy_type(dtype))
        return made if made.shape == (out,) else np.broadcast_to(made, (out,)).copy()

    @cached_property
    def _before(self) -> tuple[Array, Array]:
        return _combined(self._fold.before, self._values)

    @cached_property
    def _after(self) -> tuple[Array, Array]:
        return _combined(self._fold.after, self._values)

    def _factors(self, shape: Sequence[int], dtype: DType) -> tuple[Array, ...]:
        """What to multiply a weight of `shape` by, one after the other."""
        fold, found = self._fold, []
        if fold.before:
            found.append(_along(shape, fold, self._before[0].astype(numpy_type(dtype)), False))
        if fold.after:
            found.append(_along(shape, fold, self._after[0].astype(numpy_type(dtype)), True))
        return tuple(found)


def keys_of(fold: FoldedMap) -> tuple[str, ...]:
    """The tensors of the spec that go into a fold."""
    own = (fold.weight,) if fold.bias is None else (fold.weight, fold.bias)
    return (*own, *(key for each in (*fold.before, *fold.after) for key in _keys(each)))


def _keys(affine: Affine) -> Iterator[str]:
    if isinstance(affine, NormAffine):
        yield from (affine.mean, affine.var)
        yield from (key for key in (affine.weight, affine.bias) if key is not None)


def _own(fold: FoldedMap, values: Values) -> Array:
    """The weight before any step is folded in: as stored, or standardised by output channel."""
    import numpy as np

    weight = values(fold.weight)
    if fold.standardize is None:
        return weight
    rows = weight.reshape(len(weight), -1).astype(np.float64)
    centred = rows - rows.mean(1, keepdims=True)
    scaled = centred / np.sqrt(rows.var(1, keepdims=True) + fold.standardize)
    return np.asarray(scaled.reshape(weight.shape).astype(weight.dtype))


def _combined(steps: Sequence[Affine], values: Values) -> tuple[Array, Array]:
    """Factor and summand of consecutive affine steps, each a number or one for each channel."""
    import numpy as np

    factor, summand = np.float64(1), np.float64(0)
    with np.errstate(all="ignore"):  # of variances below 0, say, as the norm itself
        for step in steps:
            f, s = _numbers(step, values)
            factor, summand = factor * f, summand * f + s
    return np.asarray(factor), np.asarray(summand)


def _numbers(step: Affine, values: Values) -> tuple[Any, Any]:
    import numpy as np

    if isinstance(step, GivenAffine):
        return np.asarray(step.by, np.float64), np.asarray(step.offset, np.float64)
    mean, var = (values(key).astype(np.float64) for key in (step.mean, step.var))
    factor = 1 / np.sqrt(var + step.eps)
    if step.weight is not None:
        factor = factor * values(step.weight).astype(np.float64)
    bias = 0.0 if step.bias is None else values(step.bias).astype(np.float64)
    return factor, bias - mean * factor


def _along(shape: Sequence[int], fold: FoldedMap, factor: Array, along_out: bool) -> Array:
    """The factor of each output or input channel, in a form that goes with a weight of `shape`."""
    import numpy as np

    taps = (1,) * (len(shape) - 2)
    if factor.ndim == 0:
        return factor
    if along_out is not fold.transposed:  # the channels are those of the first axis
        return factor.reshape(-1, 1, *taps)
    if fold.groups == 1:
        return factor.reshape(1, -1, *taps)
    # [groups, channels of the first axis in a group, channels of the second axis in a group]
    grouped = factor.reshape(fold.groups, 1, -1)
    each = np.broadcast_to(grouped, (fold.groups, shape[0] // fold.groups, grouped.shape[2]))
    return each.reshape(shape[0], -1, *taps)


def _product(weight: Array, factors: Sequence[Array], rows: slice) -> Array:
    """Rows of `weight` times those of each factor."""
    import numpy as np

    found = weight[rows]
    with _buffered(weight), np.errstate(all="ignore"):  # a note tells of values that aren't finite
        for factor in factors:
            is_by_row = factor.ndim > 0 and len(factor) == len(weight)
            found = found * (factor[rows] if is_by_row else factor)
    return found


@contextmanager
def _buffered(weight: Array) -> Iterator[None]:
    """NumPy's usual buffers, but hardly any for long rows.

    For rows that are shorter than a buffer, it copies a factor to each of their elements, which
    takes three times as long as multiplying.
    """
    import numpy as np

    if weight.size < _LONG_ROW * len(weight):
        yield
        return
    usual = np.setbufsize(_LEAST_BUFFER)
    try:
        yield
    finally:
        np.setbufsize(usual)


def _read(weight: Array, fold: FoldedMap, summand: Array) -> Array:
    """What each output channel adds up of a constant on each input channel."""
    import numpy as np

    taps = weight.reshape(*weight.shape[:2], -1).sum(2, dtype=np.float64)  # [out, in/groups]
    if summand.ndim == 0:
        return np.asarray(taps.sum(1) * summand)
    grouped = taps.reshape(fold.groups, -1, weight.shape[1])
    return np.asarray(np.einsum("goi,gi->go", grouped, summand.reshape(fold.groups, -1)).ravel())
