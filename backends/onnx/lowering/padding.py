"""Padding of the spatial axes, as an attribute and as a node of its own."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.axes import spatial_axes
from netlang.ops.spatial import Padding

__all__ = [
    "END", "PAD_MODES", "around", "behind_padding", "pad_inputs", "padded", "pads_attribute",
]  # fmt: skip

# Any bound beyond the last element; the largest is the customary one.
END = 2**63 - 1
PAD_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}


def pads_attribute(pads: Sequence[Padding]) -> list[int]:
    """Paddings in ONNX's order: all leading ones, then all trailing ones."""
    return [before for before, _ in pads] + [after for _, after in pads]


def padded(
    x: str, pads: Sequence[Padding], emit: Emitter, *, fill: float = 0.0, mode: str = "constant"
) -> str:
    """`x`, of the type of the step's first input, padded."""
    return emit.node("padded", "Pad", *pad_inputs(x, pads, emit, fill), mode=mode)


def behind_padding(x: str, emit: Emitter) -> str:
    """The input of a pool; after a Pad, passed through a Reshape to its own shape.

    ONNX Runtime (seen in 1.31) merges the zeros of a Pad into the pool after it even where zero
    isn't the smallest value or where there are too many for the window. Nodes between the two may
    be moved or dropped; a Reshape stays.
    """
    if not emit.graph.adds_zeros:
        return x
    as_it_is = emit.integers("untouched.shape", [0] * (emit.step.types[0].rank + 1))
    return emit.node("untouched", "Reshape", x, as_it_is)


def pad_inputs(x: str, pads: Sequence[Padding], emit: Emitter, fill: float) -> tuple[str, ...]:
    """The inputs of a Pad node over the spatial axes of the step's first input.

    Amounts are given for every axis, including the batch and the channels: if a Pad names its axes
    and follows a Transpose, ONNX Runtime (seen in 1.31) swaps the two and ignores the names.
    """
    amounts = emit.integers("pads", pads_attribute([(0, 0), (0, 0), *pads]))
    return (x, amounts, emit.floats("fill", fill)) if fill else (x, amounts)


def around(mode: str, x: str, pads: Sequence[Padding], emit: Emitter) -> str:
    """`x` padded with its own elements, as `mode` says."""
    if mode != "circular":
        return padded(x, pads, emit, mode=PAD_MODES[mode])
    for axis, (before, after) in zip(spatial_axes(emit.step.types[0]), pads, strict=True):
        x = _wrapped(x, axis, before, after, emit)
    return x


def _wrapped(x: str, axis: int, before: int, after: int, emit: Emitter) -> str:
    """`x` with its end prepended and its start appended; Pad wraps only from opset 19 on."""
    parts = [x]
    if before:
        parts.insert(0, _slice(f"before{axis}", x, axis, slice(-before, END), emit))
    if after:
        parts.append(_slice(f"after{axis}", x, axis, slice(0, after), emit))
    if len(parts) == 1:
        return x
    return emit.node(f"padded{axis}", "Concat", *parts, axis=axis)


def _slice(name: str, x: str, axis: int, part: slice[int, int, None], emit: Emitter) -> str:
    bounds = ((f"{name}.start", part.start), (f"{name}.end", part.stop), (f"{name}.axis", axis))
    return emit.node(name, "Slice", x, *(emit.integers(bound, [at]) for bound, at in bounds))
