"""Taking elements at more places than can be listed: by rows, then by columns.

The biases of attention over an image are such: a table holds one for each distance, and that of
two places is the one of their rows and of their columns; Graham et al. 2021, section 4.2.4,
arXiv:2104.01136.
"""

from __future__ import annotations

from typing import final

from torch import Tensor

from netlang.backends.torch.importing.call import Call
from netlang.backends.torch.importing.operators.alignment import reshaped
from netlang.backends.torch.importing.steps import Maker, Value
from netlang.backends.torch.importing.tables.sums import cut_into_squares, first_along
from netlang.ops.constants.listed import MOST_LISTED
from netlang.records import Record

__all__ = ["taken_by_rows"]


@final
class _Cut(Record, eq=False):
    """Places `rows * width + columns`, over axes of rows and others of columns."""

    width: int
    rows: Tensor
    columns: Tensor


def taken_by_rows(call: Call, value: Value, at: Tensor, axis: int) -> Value | None:
    """The elements at places of an axis, of which rows and columns are listed; None if they mix."""
    size = value.sizes[axis]
    for shape, rows, columns in cut_into_squares(at.shape):
        if len(shape) != len(rows) + len(columns):
            continue
        for width in (each for each in range(2, size) if size % each == 0):
            found = _cut(at.reshape(shape), width, rows, columns)
            if found is not None:
                return _taken(call, value, found, at, axis)
    return None


def _cut(at: Tensor, width: int, rows: tuple[int, ...], columns: tuple[int, ...]) -> _Cut | None:
    high, low = at // width, at % width
    first_high, first_low = first_along(high, columns), first_along(low, rows)
    if max(first_high.numel(), first_low.numel()) > MOST_LISTED:
        return None
    same = bool((high == first_high).all()) and bool((low == first_low).all())
    return _Cut(width, first_high, first_low) if same else None


def _taken(call: Call, value: Value, cut: _Cut, at: Tensor, axis: int) -> Value:
    before, behind = value.sizes[:axis], value.sizes[axis + 1 :]
    count = value.sizes[axis] // cut.width
    made = reshaped(call, value, (*before, count, cut.width, *behind))
    for held, where in ((cut.rows, axis), (cut.columns, axis + 1)):
        places = tuple(int(each) for each in held.reshape(-1).tolist())
        sizes = (*made.sizes[:where], len(places), *made.sizes[where + 1 :])
        step = call.step("gather", [made], {"at": places, "axis": where})
        made = Value(Maker(step), sizes, sizes, None, 1, True)
    own = (*_sizes(cut.rows), *_sizes(cut.columns))
    if len(own) > 2:
        made = reshaped(call, made, (*before, *own, *behind))
        half = len(own) // 2
        pairs = [axis + each for place in range(half) for each in (place, place + half)]
        order = (*range(axis), *pairs, *range(axis + len(own), len(made.sizes)))
        sizes = tuple(made.sizes[each] for each in order)
        step = call.step("transpose", [made], {"axes": order})
        made = Value(Maker(step), sizes, sizes, None, 1, True)
    return reshaped(call, made, (*before, *at.shape, *behind))


def _sizes(part: Tensor) -> tuple[int, ...]:
    return tuple(size for size in part.shape if size > 1)
