"""Types of values: a shape without its batch axis, an element type, and the batch size."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from math import prod

from netlang.ir.dims import Atom, Dim, Expr, Floor, symbol
from netlang.records import Record

__all__ = ["BATCH", "DType", "TensorType", "Types", "float_type"]

BATCH = symbol("N")


class DType(Enum):
    """Element types, by the name that the language, numpy and torch all use."""

    # Members are single objects; the hash of `Enum` is made by Python, for each type in a table.
    __hash__ = object.__hash__

    FLOAT32 = "float32"
    FLOAT64 = "float64"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    INT64 = "int64"
    INT32 = "int32"
    UINT8 = "uint8"
    BOOL = "bool"

    @property
    def is_float(self) -> bool:
        return self not in _WHOLE

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return _BYTES[self]

    def kept(self, value: float) -> float:
        """A number >= 0, or the smallest positive one of this type if it would be rounded to 0.

        An epsilon other than 0 must keep a divisor from being 0, and 1e-12 is 0 in float16.
        """
        smallest = _SMALLEST.get(self, 0.0)
        return smallest if 0 < value <= smallest / 2 else value


_WHOLE = frozenset((DType.INT64, DType.INT32, DType.UINT8, DType.BOOL))
_OF_A_BYTE = (DType.UINT8, DType.BOOL)
_BYTES = {each: 1 if each in _OF_A_BYTE else int(each.value[-2:]) // 8 for each in DType}

# The smallest positive number of each type of floats: IEEE 754, subnormal; bfloat16 alike.
_SMALLEST = {
    DType.FLOAT16: 2.0**-24,
    DType.BFLOAT16: 2.0**-133,
    DType.FLOAT32: 2.0**-149,
    DType.FLOAT64: 2.0**-1074,
}


class TensorType(Record, gc=False):
    """A tensor: `shape` omits the batch axis, whose size is `batch`.

    Channels come first (``[C, H, W]``). `batch` is None for a value without a batch axis, such as a
    learned tensor, which broadcasts over the batch.
    """

    shape: tuple[Dim, ...]
    dtype: DType = DType.FLOAT32
    batch: Dim | None = BATCH

    @property
    def rank(self) -> int:
        """Number of axes without the batch."""
        return len(self.shape)

    @property
    def channels(self) -> Dim:
        return self.shape[0]

    @property
    def spatial(self) -> tuple[Dim, ...]:
        """The sizes after the channel axis."""
        return self.shape[1:]

    @property
    def elements(self) -> Dim:
        """The number of elements, including the batch."""
        return prod(self.shape, start=1 if self.batch is None else self.batch)

    @property
    def bits(self) -> int:
        """An upper bound of the bits of the number of elements, at sizes up to 10^30."""
        bits = 0
        for size in self.shape:
            bits += size.bit_length() if isinstance(size, int) else _bits_of_formula(size)
        return bits

    def with_shape(self, *shape: Dim) -> TensorType:
        return TensorType(shape, self.dtype, self.batch)

    def __str__(self) -> str:
        sizes = f"[{', '.join(map(str, self.shape))}]"
        return sizes if self.dtype is DType.FLOAT32 else f"{self.dtype.value}{sizes}"


Types = tuple[TensorType, ...]


def _bits_of(size: Dim) -> int:
    return _bits_of_formula(size) if isinstance(size, Expr) else size.bit_length()


@lru_cache(maxsize=4096)
def _bits_of_formula(size: Expr) -> int:
    """An upper bound: that of the largest term, and a bit for each time that terms double."""
    largest = max(abs(c).bit_length() + sum(map(_bits_of_atom, m)) for c, m in size.terms)
    return largest + len(size.terms).bit_length()


def _bits_of_atom(atom: Atom) -> int:
    return _bits_of(atom.numerator) if isinstance(atom, Floor) else 100


def float_type(types: Iterable[TensorType]) -> DType | None:
    """The first floating-point element type among `types`, or None."""
    return next((type.dtype for type in types if type.dtype.is_float), None)
