"""Tables of places with a row and a column in front for a token, which has places of its own.

The places of windows go on behind them; Bao et al. 2022, arXiv:2106.08254.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isqrt
from typing import TypeAlias

from torch import Tensor

from netlang.backends.torch.importing.steps import (
    Argument,
    Maker,
    SourceStep,
    SourceTensor,
    Value,
)
from netlang.backends.torch.importing.tables.constants import argument_of_constant

__all__ = ["bordered"]

_Emit: TypeAlias = Callable[[str, Sequence[Value], Mapping[str, Argument]], SourceStep]


def bordered(emit: _Emit, table: Tensor) -> Value | None:
    """The steps that compute a table whose first row and column are one number each, or None."""
    side = isqrt(table.numel())
    if side < 3 or side**2 != table.numel():
        return None
    square = table.reshape(side, side)
    corner, row, column, inner = square[:1, :1], square[:1, 1:], square[1:, :1], square[1:, 1:]
    if bool((row != row[0, 0]).any()) or bool((column != column[0, 0]).any()):
        return None
    top = _joined(emit, [_table(emit, corner), _table(emit, row)], 1)
    low = _joined(emit, [_table(emit, column), _table(emit, inner)], 1)
    whole = _joined(emit, [top, low], 0)
    if whole.shape == tuple(table.shape):
        return whole
    return _value(emit("reshape", [whole], {"shape": tuple(table.shape)}), tuple(table.shape))


def _table(emit: _Emit, part: Tensor) -> Value:
    op, arguments = argument_of_constant(SourceTensor("", part, False, False))
    return _value(emit(op, (), arguments), tuple(part.shape))


def _joined(emit: _Emit, parts: Sequence[Value], axis: int) -> Value:
    shape = list(parts[0].shape)
    shape[axis] = sum(each.shape[axis] for each in parts)
    return _value(emit("concat", parts, {"axis": axis}), tuple(shape))


def _value(step: SourceStep, shape: tuple[int, ...]) -> Value:
    return Value(Maker(step), shape, shape, None, 1, True)
