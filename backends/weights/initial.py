"""Initial weights from a seed.

A value depends only on the seed and the weight's key, not on order or on the other weights. So a
net keeps its values when a layer is added.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from netlang.backends.weights.arrays import numpy_type
from netlang.backends.weights.slots import Slot
from netlang.ir.weights import (
    Constant,
    Diagonal,
    Evenly,
    Init,
    KaimingUniform,
    Literal,
    Normal,
    Ones,
    Uniform,
    Weight,
    WindowOffsets,
    Zeros,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["initial"]


def initial(slot: Slot, seed: int) -> NDArray[np.generic]:
    """The initial value of `slot`, drawn as its `Init` says."""

    drawn = _drawn(slot.weight, slot.weight.init, _generator(slot.key, seed))
    return drawn.astype(numpy_type(slot.dtype), copy=False)


def _generator(key: str, seed: int) -> np.random.Generator:
    from numpy.random import PCG64, Generator, SeedSequence

    digest = sha256(f"{seed}:{key}".encode()).digest()
    return Generator(PCG64(SeedSequence(int.from_bytes(digest, "little"))))


def _drawn(weight: Weight, init: Init, generator: np.random.Generator) -> NDArray[np.generic]:
    import numpy as np

    match init:
        case Zeros():
            return np.zeros(weight.shape, np.float32)
        case Ones():
            return np.ones(weight.shape, np.float32)
        case Constant(value):
            return np.full(weight.shape, value, np.float64)
        case Literal(values):
            return np.array(values, np.float64).reshape(weight.shape)
        case Evenly(first, last):
            return np.linspace(first, last, weight.elements)
        case Diagonal():
            return np.eye(weight.shape[0], dtype=np.float32)
        case WindowOffsets(rows, columns):
            return _offsets(rows, columns).reshape(weight.shape)
        case Uniform(bound):
            return _uniform(weight, bound, generator)
        case Normal(std):
            return generator.standard_normal(weight.shape, np.float32) * np.float32(std)
        case KaimingUniform(fan_in, a):
            return _uniform(weight, (6 / ((1 + a * a) * fan_in)) ** 0.5, generator)


def _offsets(rows: int, columns: int) -> NDArray[np.generic]:
    import numpy as np

    row, column = np.divmod(np.arange(rows * columns), columns)
    down = row[:, None] - row + rows - 1
    right = column[:, None] - column + columns - 1
    found: NDArray[np.generic] = (down * (2 * columns - 1) + right).reshape(-1)
    return found


def _uniform(weight: Weight, bound: float, generator: np.random.Generator) -> NDArray[np.generic]:
    import numpy as np

    drawn = generator.random(weight.shape, np.float32)
    drawn *= np.float32(2 * bound)
    drawn -= np.float32(bound)
    return drawn
