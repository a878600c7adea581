"""Tables of places with a row and a column in front for a token, which has places of its own.

The places of windows go on after them; Bao et al. 2022, arXiv:2106.08254.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from torch import Tensor

from netlang.backends.torch.importing.steps import Value
from netlang.backends.torch.importing.tables.made import Emit, listed, made, reshaped

__all__ = ["bordered"]


def bordered(emit: Emit, table: Tensor) -> Value | None:
    """The steps that compute a table whose first row and column are one number each, or None."""
    side = isqrt(table.numel())
    if side < 3 or side**2 != table.numel():
        return None
    square = table.reshape(side, side)
    corner, row, column, inner = square[:1, :1], square[:1, 1:], square[1:, :1], square[1:, 1:]
    if bool((row != row[0, 0]).any()) or bool((column != column[0, 0]).any()):
        return None
    top = _joined(emit, [listed(emit, corner), listed(emit, row)], 1)
    low = _joined(emit, [listed(emit, column), listed(emit, inner)], 1)
    return reshaped(emit, _joined(emit, [top, low], 0), table.shape)


def _joined(emit: Emit, parts: Sequence[Value], axis: int) -> Value:
    shape = list(parts[0].shape)
    shape[axis] = sum(each.shape[axis] for each in parts)
    return made(emit, "concat", parts, {"axis": axis}, shape)
