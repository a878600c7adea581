"""Values of steps as PyTorch computes them, and how many are compared at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, final

from netlang.backends.onnx.verify.taps import StepValue
from netlang.ir.dims import evaluate
from netlang.records import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Computed", "parts", "shape_at", "summed"]

_AT_ONCE = 1 << 30
"""Bytes of the values that are compared at once. In double precision they have twice as many, and
in the file as many once more."""


@final
class Computed(Record, eq=False):
    """The value of a step, in a precision that rounds and, where it can be, in double."""

    step: StepValue
    rounded: NDArray[Any]
    double: NDArray[Any] | None


def parts(values: Sequence[StepValue], sizes: Mapping[str, int]) -> Iterator[range]:
    """The places of values that are compared at once: all of them where they are small."""
    start, taken = 0, 0
    for number, value in enumerate(values):
        size = prod(shape_at(value, sizes)) * value.type.dtype.size
        if taken and taken + size > _AT_ONCE:
            yield range(start, number)
            start, taken = number, 0
        taken += size
    yield range(start, len(values))


def shape_at(value: StepValue, sizes: Mapping[str, int]) -> list[int]:
    """The shape of a value at these sizes, with the batch."""
    batch = () if value.type.batch is None else (value.type.batch,)
    return [int(evaluate(dim, sizes)) for dim in (*batch, *value.type.shape)]


def summed(value: StepValue, sizes: Mapping[str, int], size: int) -> int:
    """How many numbers a step without weights makes each element of; 1 where it isn't known."""
    source = value.source
    if source is None or source.batch is None or not size:
        return 1
    read = prod(int(evaluate(dim, sizes)) for dim in (source.batch, *source.shape))
    return max(1, read // size)
