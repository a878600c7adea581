"""Inputs that aren't in the data: numbers drawn for each example.

They are functions of the seed, the epoch and the number of the example, as augmentations are, so
they are the same in any order and for any number of processes.
"""

from __future__ import annotations

from math import pi, prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.torch.runtime.random import uniform

__all__ = ["normal_numbers", "uniform_numbers"]


def uniform_numbers(
    seed: int,
    epoch: int,
    numbers: NDArray[np.int64],
    shape: tuple[int, ...],
    low: float = 0.0,
    high: float = 1.0,
) -> Tensor:
    """float32 ``[len(numbers), *shape]``, each from `low` to below `high`."""
    drawn = uniform(seed, epoch, numbers, 0, prod(shape))
    return torch.from_numpy(low + (high - low) * drawn).float().reshape(len(numbers), *shape)


def normal_numbers(
    seed: int,
    epoch: int,
    numbers: NDArray[np.int64],
    shape: tuple[int, ...],
    mean: float = 0.0,
    std: float = 1.0,
) -> Tensor:
    """float32 ``[len(numbers), *shape]`` of N(mean, std^2).

    Box, Muller 1958, A Note on the Generation of Random Normal Deviates.
    """
    count = prod(shape)
    first, second = (uniform(seed, epoch, numbers, place, count) for place in (0, 1))
    drawn = np.sqrt(-2.0 * np.log1p(-first)) * np.cos(2.0 * pi * second)
    return torch.from_numpy(mean + std * drawn).float().reshape(len(numbers), *shape)
