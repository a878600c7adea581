"""Tables that are the sum of one over rows and one over columns, each short enough to be listed.

Codes of positions are such: half of the channels of a place follow from its row and half from its
column; Vaswani et al. 2017, section 3.5, arXiv:1706.03762. So are the offsets between two places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isqrt
from typing import final

import torch
from torch import Tensor

from netlang.backends.torch.importing.steps import Value
from netlang.backends.torch.importing.tables.made import Emit, listed, made, reshaped
from netlang.ops.constants.listed import MOST_LISTED
from netlang.records import Record

__all__ = ["RowsAndColumns", "cut_into_squares", "first_along", "rows_and_columns", "summed"]


@final
class RowsAndColumns(Record, eq=False):
    """Two tables of one rank, whose sum, broadcast, holds the numbers of a table in their order."""

    rows: Tensor
    columns: Tensor


def rows_and_columns(table: Tensor) -> RowsAndColumns | None:
    """The tables of which a table is the sum: those with the fewest numbers."""
    found = [
        each
        for shape, rows, columns in cut_into_squares(table.shape)
        if (each := _parts(table.reshape(shape), rows, columns)) is not None
    ]
    return min(found, key=lambda each: each.rows.numel() + each.columns.numel(), default=None)


def cut_into_squares(
    shape: Sequence[int],
) -> Iterator[tuple[list[int], tuple[int, ...], tuple[int, ...]]]:
    """How a table may be one over places of images: its shape then, axes of rows and of columns.

    Places are one axis that is cut into rows and columns, or two; two axes may both be of places,
    and so may one axis of all pairs.
    """
    for axis, size in enumerate(shape):
        before, behind = [*shape[:axis]], [*shape[axis + 1 :]]
        if behind:
            yield [*shape], (axis,), (axis + 1,)
        side = _side(size)
        if side and behind and (other := _side(behind[0])):
            cut = [*before, side, side, other, other, *behind[1:]]
            yield cut, (axis, axis + 2), (axis + 1, axis + 3)
        if root := _side(side):
            cut = [*before, *(root,) * 4, *behind]
            yield cut, (axis, axis + 2), (axis + 1, axis + 3)
        if side:
            yield [*before, side, side, *behind], (axis,), (axis + 1,)


def _side(size: int) -> int:
    """The side of a square of so many places; 0 if there is none."""
    side = isqrt(size)
    return side if side > 1 and side**2 == size else 0


def _parts(table: Tensor, rows: tuple[int, ...], columns: tuple[int, ...]) -> RowsAndColumns | None:
    first_row, first_column = first_along(table, rows), first_along(table, columns)
    # Where nothing follows from the row, the table of columns has all, so that no sum is rounded.
    still = (table == first_row).all(dim=rows, keepdim=True)
    for axis in columns:
        still = still.all(dim=axis, keepdim=True)
    over_rows = torch.where(still, torch.zeros_like(first_column), first_column)
    over_columns = torch.where(still, first_row, first_row - first_along(first_row, columns))
    if max(over_rows.numel(), over_columns.numel()) > MOST_LISTED:
        return None
    same = bool((over_rows + over_columns == table).all())
    return RowsAndColumns(over_rows, over_columns) if same else None


def first_along(table: Tensor, axes: tuple[int, ...]) -> Tensor:
    """The first part of a table along axes, which stay with size 1."""
    for axis in axes:
        table = table.narrow(axis, 0, 1)
    return table


def summed(emit: Emit, found: RowsAndColumns, shape: Sequence[int]) -> Value:
    """The steps that compute the table, of this shape; `emit` makes one."""
    whole = torch.broadcast_shapes(found.rows.shape, found.columns.shape)
    inputs = [listed(emit, each) for each in (found.rows, found.columns)]
    return reshaped(emit, made(emit, "add", inputs, {}, whole), shape)
