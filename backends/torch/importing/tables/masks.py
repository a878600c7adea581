"""The masks of shifted windows, which are too long to be listed but follow from four numbers.

An image whose rows and columns were moved by a shift is cut into windows. Two places of a window
that weren't together before get a number far below 0 added to their score, others 0; Liu et al.
2021, figure 4, arXiv:2103.14030.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import final

import torch
from torch import Tensor

from netlang.backends.torch.importing.steps import Argument, BareWord, Value
from netlang.backends.torch.importing.tables.made import Emit, made, reshaped
from netlang.records import Record

__all__ = ["WindowMask", "mask_of_windows", "window_mask", "written_out"]


@final
class WindowMask(Record):
    """A mask: the windows in a column and a row, their side, by how much each axis was moved, and
    the number for places that weren't together."""

    rows: int
    columns: int
    window: int
    down: int
    right: int
    apart: float


def mask_of_windows(table: Tensor) -> WindowMask | None:
    """The mask that a table is, of shape [windows, places, places] but for axes of size 1."""
    sizes = [size for size in table.shape if size > 1]
    window = isqrt(sizes[-1]) if len(sizes) == 3 else 0
    if window < 2 or sizes[1] != sizes[2] or window**2 != sizes[2]:
        return None
    flat = table.reshape(sizes)
    apart = float(flat.min() if flat.min() < 0 else flat.max())
    if not apart or not bool(((flat == 0) | (flat == apart)).all()):
        return None
    # Of the last window's first place, those in its row and column that were beside it.
    near = (flat[-1, 0] == 0).reshape(window, window)
    down, right = (window - int(each.sum()) for each in (near[:, 0], near[0]))
    for rows in sorted(_divisors(sizes[0]), key=lambda each: abs(each - sizes[0] // each)):
        found = WindowMask(rows, sizes[0] // rows, window, down, right, apart)
        if bool((_computed(found) == flat).all()):
            return found
    return None


def _divisors(count: int) -> list[int]:
    small = [each for each in range(1, isqrt(count) + 1) if count % each == 0]
    return [*small, *(count // each for each in small if each**2 < count)]


def _brought(length: int, shift: int) -> Tensor:
    """1 for the places that a shift brought to the end of an axis."""
    return (torch.arange(length) >= length - shift).long()


def _computed(mask: WindowMask) -> Tensor:
    rows, columns, window = mask.rows, mask.columns, mask.window
    low = 2 * _brought(rows * window, mask.down)[:, None]
    image = low + _brought(columns * window, mask.right)
    cut = image.reshape(rows, window, columns, window).transpose(1, 2)
    places = cut.reshape(rows * columns, window**2)
    return (places[:, :, None] != places[:, None]).float() * mask.apart


def window_mask(emit: Emit, table: Tensor) -> Value | None:
    """The steps that compute a table, if it is such a mask."""
    mask = mask_of_windows(table)
    return None if mask is None else written_out(emit, mask, table.shape)


def written_out(emit: Emit, mask: WindowMask, shape: Sequence[int]) -> Value:
    """The steps that compute a mask, of this shape; `emit` makes one."""
    rows, columns, window = mask.rows, mask.columns, mask.window
    height, width, places = rows * window, columns * window, window**2
    low = _brought_places(emit, height, mask.down, [height, 1], 2)
    right = _brought_places(emit, width, mask.right, [1, width], 1)
    image = made(emit, "add", [low, right], {}, [height, width])
    cut = reshaped(emit, image, [rows, window, columns, window])
    moved = [rows, columns, window, window]
    turned = made(emit, "transpose", [cut], {"axes": (0, 2, 1, 3)}, moved)
    one = reshaped(emit, turned, [rows * columns, places, 1])
    other = made(emit, "transpose", [one], {"axes": (0, 2, 1)}, [rows * columns, 1, places])
    table = [rows * columns, places, places]
    apart = made(emit, "not_equal", [one, other], {}, table)
    floats = made(emit, "to_float", [apart], {}, table)
    scaled = made(emit, "scale", [floats], {"by": mask.apart}, table)
    return reshaped(emit, scaled, shape)


def _brought_places(emit: Emit, length: int, shift: int, shape: list[int], by: int) -> Value:
    arguments: dict[str, Argument] = {"start": 1 + shift - length, "dtype": BareWord("float")}
    value = made(emit, "arange", [], {"size": length, **arguments}, [length])
    value = made(emit, "clamp", [value], {"min": 0, "max": 1}, [length])
    value = made(emit, "scale", [value], {"by": by}, [length]) if by != 1 else value
    return reshaped(emit, value, shape)
