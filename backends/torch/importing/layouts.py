"""Where the batch is in the shape of a tensor.

A module is traced with `BATCH` examples, a number that no size of a net has by itself, so that an
axis of this size, or of a multiple, is that of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import final

from netlang.backends.torch.importing.limits.room import Room
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.records import Draft

__all__ = ["BATCH", "CountedValues", "batch_axis", "before", "sizes_of"]

BATCH = 1009
"""A prime, and so no product of other sizes; larger than most of them."""


def batch_axis(shape: Sequence[int]) -> tuple[int | None, int]:
    """The axis of the batch and how many times it holds it; None for a shape without it."""
    axes = [axis for axis, size in enumerate(shape) if size and size % BATCH == 0]
    if not axes:
        return None, 1
    if len(axes) > 1 or shape[axes[0]] % BATCH**2 == 0:
        raise NotSayable("the batch axis is there twice", "compute each example by itself")
    return axes[0], shape[axes[0]] // BATCH


def sizes_of(shape: Sequence[int], batch: int | None, fold: int) -> tuple[int, ...]:
    """The shape in the language."""
    if batch is None:
        return tuple(shape)
    own = (fold,) if fold > 1 else ()
    return (*shape[:batch], *own, *shape[batch + 1 :])


def before(shape: Sequence[int], batch: int | None) -> int:
    """The number of elements that stand before the next example."""
    return prod(shape[:batch]) if batch is not None else 1


@final
class CountedValues(Draft, eq=False):
    """How many elements the values of a file's graph have for an example."""

    room: Room
    elements: int = 0

    def add(self, shape: Sequence[int]) -> int:
        """Count a value before anything computes it, and say how many elements it has.

        Raises `NotSayable` if they wouldn't fit into memory.
        """
        batch = BATCH if any(size and size % BATCH == 0 for size in shape) else 1
        size = prod(shape) // batch
        self.elements += size
        if size > self.room.numbers or self.elements > self.room.all_numbers:
            found = size if size > self.room.numbers else self.elements
            raise NotSayable(
                f"values of {found:,} numbers for an example, of so small a file",
                "make it for a smaller input, or trust it: `--large`",
            )
        return size
