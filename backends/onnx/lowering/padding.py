"""Padding of the spatial axes, as an attribute and as a node of its own."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.axes import spatial_axes
from netlang.ops.spatial import Padding

__all__ = ["padded", "pads_attribute"]


def pads_attribute(pads: Sequence[Padding]) -> list[int]:
    """ONNX's order: all that comes before, then all that comes after."""
    return [before for before, _ in pads] + [after for _, after in pads]


def padded(
    x: str, pads: Sequence[Padding], emit: Emitter, *, fill: float = 0.0, mode: str = "constant"
) -> str:
    """`x`, of the type of the step's first input, with more elements around it."""
    amounts = emit.integers("pads", pads_attribute(pads))
    which = emit.integers("axes", spatial_axes(emit.step.types[0]))
    value = emit.floats("fill", fill) if fill else ""
    return emit.node("padded", "Pad", x, amounts, value, which, mode=mode)
