"""Axes as arguments: one or a list of them, without the batch."""

from __future__ import annotations

from collections.abc import Collection

from netlang.ir.arguments import Kind, Mismatch, integer
from netlang.ir.op import Op, Rejection
from netlang.ir.reach import Along, OwnAndAll, Same
from netlang.ir.types import TensorType
from netlang.ops.checks import axis_index, shape_text

__all__ = ["axes", "distinct_axes", "statistics"]


def _axes(value: object) -> object:
    if not isinstance(value, tuple):
        return integer.convert(value)
    if not value:
        raise Mismatch("an empty list")
    return tuple(integer.convert(axis) for axis in value)


def statistics(rank: int, along: Collection[int]) -> Along:
    """The rule of an operator that takes statistics of each example along some axes."""
    return Along(tuple(OwnAndAll() if axis in along else Same() for axis in range(rank)))


axes = Kind("an axis or a list of axes", _axes)


def distinct_axes(
    op: Op, x: TensorType, given: int | tuple[int, ...], every: bool = False
) -> tuple[int, ...]:
    """The given axes, counted from 0, without repetition; with `every`, all axes of `x`."""
    listed = (given,) if isinstance(given, int) else given
    found = tuple(axis_index(op, x, axis, "axes") for axis in listed)
    if len(set(found)) < len(found) or (every and len(found) != x.rank):
        from netlang.diagnostics.language.shapes import WrongAxes

        raise Rejection(
            WrongAxes,
            argument="axes",
            name="axes",
            operator=op.name,
            expected="every axis of the input once" if every else "different axes",
            received=shape_text(listed),
            shape=shape_text(x.shape),
        )
    return found
