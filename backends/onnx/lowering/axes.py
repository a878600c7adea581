"""Positions of axes: the IR omits the batch axis, ONNX counts it."""

from __future__ import annotations

from netlang.ir.types import TensorType

__all__ = ["full_axis", "spatial_axes"]


def full_axis(axis: int, x: TensorType) -> int:
    """Axis `axis` of the IR's `x`, which may count from the end, as ONNX counts it."""
    return axis % x.rank + (x.batch is not None)


def spatial_axes(x: TensorType) -> range:
    """The axes after the channels, as ONNX counts them."""
    offset = int(x.batch is not None)
    return range(1 + offset, x.rank + offset)
