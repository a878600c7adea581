"""Random numbers as functions of the seed, the epoch, the example and the place in the path.

There is no state, so an example's numbers are the same in any order and for any number of workers
and processes, and a run can resume anywhere. The hash is the finalizer of SplitMix64 (Steele, Lea,
Flood 2014, "Fast splittable pseudorandom number generators") in 64-bit integers that wrap around;
it gives the same bits for numpy arrays and for tensors on any device.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["epoch_order", "mix", "uniform"]

Integers = TypeVar("Integers", NDArray[np.int64], Tensor)


def mix(x: Integers) -> Integers:
    """A hash of `x` (int64): every bit of the result depends on every bit of `x`."""
    x = (x ^ ((x >> 30) & 0x3FFFFFFFF)) * -0x40A7B892E31B1A47
    x = (x ^ ((x >> 27) & 0x1FFFFFFFFF)) * -0x6B2FB644ECCEEE15
    return x ^ ((x >> 31) & 0x1FFFFFFFF)


def uniform(
    seed: int, epoch: int, numbers: NDArray[np.int64], place: int, count: int
) -> NDArray[np.float64]:
    """`count` numbers in [0, 1) for each example: shape `[len(numbers), count]`."""
    key = mix(np.array([seed])) + epoch
    key = mix(mix(key) + numbers) + place
    key = mix(mix(key)[:, None] + np.arange(count))
    return (key >> 11 & 0x1FFFFFFFFFFFFF).astype(np.float64) * 2.0**-53


def epoch_order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """The order of `count` examples in an epoch, as a permutation."""
    key = mix(mix(np.array([seed])) + epoch + 0x5EED)
    return np.argsort(mix(key + np.arange(count)), kind="stable")
