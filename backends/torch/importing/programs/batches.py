"""Sizes that a program was written with for its own number of examples, for `BATCH` of them.

A program that was exported without a symbolic first axis has its number of examples in the sizes
that it reshapes to. Where they are is a guess, which the comparison with the program proves.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from math import prod
from typing import Any

from torch import fx

from netlang.backends.torch.importing.layouts import BATCH

__all__ = ["at_export", "expanded", "given_at_export", "reshaped"]


def at_export(shape: Sequence[int], batch: int) -> tuple[int, ...]:
    """The sizes of a value for the number of examples that the program is for."""
    return tuple(size // BATCH * batch if size and size % BATCH == 0 else size for size in shape)


def given_at_export(held: Any, batch: int, constants: Container[fx.Node]) -> Any:
    """Arguments with tensors without memory for nodes, of the sizes that they have at export.

    Those of `constants` are the same for any number of examples.
    """
    if isinstance(held, fx.Node):
        val = held.meta["val"]
        return val.new_empty(val.shape if held in constants else at_export(val.shape, batch))
    if isinstance(held, list):
        return [given_at_export(each, batch, constants) for each in held]
    return held


def reshaped(given: Sequence[int], sizes: Sequence[int], batch: int) -> tuple[int, ...]:
    """Sizes of a reshape of a value with `given` ones, in which an axis has that of the batch.

    `sizes` are those in the program. The numbers stand in the same order, so that the axis is
    known by how many numbers stand after it; among several, that where the examples are outermost.
    """
    axes = [axis for axis, size in enumerate(given) if size and size % BATCH == 0]
    if len(axes) != 1:
        return tuple(sizes)
    own = at_export(given, batch)
    behind = prod(own[axes[0] :]) // batch
    after = [prod(sizes[axis + 1 :]) for axis in range(len(sizes))]
    fits = [axis for axis, size in enumerate(sizes) if size % batch == 0 and
            after[axis] <= behind and after[axis] * size >= behind * batch]  # fmt: skip
    if not fits:
        return tuple(sizes)

    def preferred(axis: int) -> tuple[bool, bool]:
        alone = sizes[axis] == batch and after[axis] == behind
        return not alone, after[axis] * sizes[axis] != behind * batch

    axis = min(fits, key=preferred)
    return tuple(size // batch * BATCH if a == axis else size for a, size in enumerate(sizes))


def expanded(given: Sequence[int], sizes: Sequence[int], batch: int) -> tuple[int, ...]:
    """Sizes to which a value without examples is expanded, if its first axis becomes the batch."""
    free = not any(size and size % BATCH == 0 for size in given)
    if not sizes or sizes[0] != batch:
        return tuple(sizes)
    first = len(given) < len(sizes) or given[0] == 1
    return (BATCH, *sizes[1:]) if (free and first) or given[0] == BATCH else tuple(sizes)
