"""Learned tensors and running statistics of an operator, and their initial values."""

from __future__ import annotations

from typing import TypeAlias

from netlang.ir.types import DType
from netlang.records import Record

__all__ = [
    "Constant",
    "Diagonal",
    "Evenly",
    "Init",
    "KaimingUniform",
    "Literal",
    "Normal",
    "Ones",
    "Uniform",
    "Weight",
    "WindowOffsets",
    "Zeros",
]


class Zeros(Record, gc=False):
    """Every element 0."""


class Ones(Record, gc=False):
    """Every element 1."""


class Constant(Record, gc=False):
    """Every element `value`."""

    value: float


class Literal(Record, gc=False):
    """The elements in row-major order, as given in the spec."""

    values: tuple[float, ...]


class Evenly(Record, gc=False):
    """Numbers at equal distances from `first` to `last`, both included."""

    first: float
    last: float


class Diagonal(Record, gc=False):
    """1 where both indices of a square matrix are equal, 0 elsewhere."""


class Uniform(Record, gc=False):
    """U(-bound, bound)."""

    bound: float


class Normal(Record, gc=False):
    """N(0, std^2)."""

    std: float


class KaimingUniform(Record, gc=False):
    """U(-b, b) with b = sqrt(6 / ((1 + a^2) fan_in)): He et al. 2015, arXiv:1502.01852.

    PyTorch's default for convolutions and linear maps is a = sqrt(5), so b = 1 / sqrt(fan_in).
    """

    fan_in: int
    a: float = 5**0.5


class WindowOffsets(Record, gc=False):
    """For each pair of places in a window, row by row, the number of their offset.

    Offsets (i, j) between two places run from (1 - rows, 1 - columns), which is number 0, to (rows
    - 1, columns - 1), row by row: Liu et al. 2021, Swin Transformer, arXiv:2103.14030, 3.2.
    """

    rows: int
    columns: int


Init: TypeAlias = (
    Zeros
    | Ones
    | Constant
    | Literal
    | Evenly
    | Diagonal
    | Uniform
    | Normal
    | KaimingUniform
    | WindowOffsets
)


class Weight(Record, gc=False):
    """One tensor that an operator owns.

    `name` is the last part of its key (``weight``); an empty name means that the label of the step
    is the key. A `buffer` is part of the state but not a parameter (running statistics). A weight
    that is not `trainable` is a parameter with fixed values. Without a `dtype`, its elements have
    the net's floating-point type (`Program.floats`).
    """

    name: str
    shape: tuple[int, ...]
    init: Init
    buffer: bool = False
    trainable: bool = True
    dtype: DType | None = None

    @property
    def elements(self) -> int:
        count = 1
        for size in self.shape:
            count *= size
        return count
