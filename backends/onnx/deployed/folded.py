"""The numbers of a map with affine steps folded in.

An affine step is y = f x + s for each channel. After a map y = W x + b it gives f W and f b + s.
Before it, W f and b + W s, where W s sums over the taps, so that it holds only where the map reads
no padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from netlang.backends.weights.arrays import numpy_type
from netlang.ir.types import DType
from netlang.passes.affine import Affine, FoldedMap, GivenAffine, NormAffine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.floating[Any]]

__all__ = ["folded_bias", "folded_weight", "keys_of"]

Values: TypeAlias = "Callable[[str], Array]"
"""The tensor of the spec under a key."""


def keys_of(fold: FoldedMap) -> tuple[str, ...]:
    """The tensors of the spec that go into a fold."""
    own = (fold.weight,) if fold.bias is None else (fold.weight, fold.bias)
    return (*own, *(key for each in (*fold.before, *fold.after) for key in _keys(each)))


def _keys(affine: Affine) -> Iterator[str]:
    if isinstance(affine, NormAffine):
        yield from (affine.mean, affine.var)
        yield from (key for key in (affine.weight, affine.bias) if key is not None)


def folded_weight(fold: FoldedMap, dtype: DType, values: Values) -> Array:
    """The weight of the map: [out, in/groups, ...] or, transposed, [in, out/groups, ...]."""
    weight = _own(fold, values)
    for steps, along_out in ((fold.before, False), (fold.after, True)):
        if steps:
            factor, _ = _combined(steps, values)
            weight = _scaled(weight, fold, factor.astype(numpy_type(dtype)), along_out)
    return weight


def folded_bias(fold: FoldedMap, dtype: DType, values: Values) -> Array:
    """The bias of the map, [out]."""
    import numpy as np

    bias: Any = 0.0 if fold.bias is None else values(fold.bias).astype(np.float64)
    if fold.before:
        _, summand = _combined(fold.before, values)
        bias = bias + _read(_own(fold, values), fold, summand)
    if fold.after:
        factor, summand = _combined(fold.after, values)
        bias = bias * factor + summand
    weight = values(fold.weight)
    out = weight.shape[1] * fold.groups if fold.transposed else weight.shape[0]
    return np.broadcast_to(bias, (out,)).astype(numpy_type(dtype))


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


def _scaled(weight: Array, fold: FoldedMap, factor: Array, along_out: bool) -> Array:
    """`weight` times the factor of each of its output or input channels."""
    if factor.ndim == 0:
        return weight * factor
    if fold.groups == 1 or along_out is not fold.transposed:
        # The channels are one axis: all outputs of a map, or the inputs of one that isn't grouped.
        axis = 0 if along_out is not fold.transposed else 1
        shape = [1] * weight.ndim
        shape[axis] = -1
        return weight * factor.reshape(shape)
    # [groups, channels of axis 0 in a group, channels of axis 1 in a group, taps]
    grouped = weight.reshape(fold.groups, -1, weight.shape[1], *weight.shape[2:])
    shape = [fold.groups, 1, -1, *(1,) * (weight.ndim - 2)]
    return (grouped * factor.reshape(shape)).reshape(weight.shape)


def _read(weight: Array, fold: FoldedMap, summand: Array) -> Array:
    """What each output channel adds up of a constant on each input channel."""
    import numpy as np

    taps = weight.reshape(*weight.shape[:2], -1).sum(2, dtype=np.float64)  # [out, in/groups]
    if summand.ndim == 0:
        return np.asarray(taps.sum(1) * summand)
    grouped = taps.reshape(fold.groups, -1, weight.shape[1])
    return np.asarray(np.einsum("goi,gi->go", grouped, summand.reshape(fold.groups, -1)).ravel())
