"""Convolutions and transposed convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.axes import spatial_axes
from netlang.backends.onnx.lowering.padding import padded, pads_attribute
from netlang.backends.onnx.lowering.registry import lower
from netlang.ops.conv import Conv, ConvTranspose
from netlang.ops.spatial import Padding, extents, padding, per_axis

__all__: list[str] = []

# Any bound behind the last element; the largest is the customary one.
END = 2**63 - 1
PAD_MODES = {"reflect": "reflect", "replicate": "edge"}


@lower.register
def _(op: Conv, emit: Emitter) -> tuple[str, ...]:
    rank = emit.step.types[0].rank - 1
    kernel, dilation = per_axis(op.kernel, rank), per_axis(op.dilation, rank)
    pads: Sequence[Padding] = padding(op.pad, extents(kernel, dilation))
    (x,) = emit.step.inputs
    if op.pad_mode != "zeros" and any(map(any, pads)):
        x, pads = _around(op.pad_mode, x, pads, emit), [(0, 0)] * rank
    return emit.result(
        "Conv", x, *_weights(emit), kernel_shape=kernel, dilations=dilation,
        strides=per_axis(op.stride, rank), pads=pads_attribute(pads), group=op.groups,
    )  # fmt: skip


def _weights(emit: Emitter) -> tuple[str, ...]:
    bias = ("bias",) if emit.has_weight("bias") else ()
    return tuple(emit.weight(name) for name in ("weight", *bias))


def _around(mode: str, x: str, pads: Sequence[Padding], emit: Emitter) -> str:
    if mode != "circular":
        return padded(x, pads, emit, mode=PAD_MODES[mode])
    for axis, (before, after) in zip(spatial_axes(emit.step.types[0]), pads, strict=True):
        x = _wrapped(x, axis, before, after, emit)
    return x


def _wrapped(x: str, axis: int, before: int, after: int, emit: Emitter) -> str:
    """`x` with its end put before and its start put behind; Pad wraps from opset 19 on only."""
    parts = [x]
    if before:
        parts.insert(0, _slice(f"before{axis}", x, axis, -before, END, emit))
    if after:
        parts.append(_slice(f"after{axis}", x, axis, 0, after, emit))
    if len(parts) == 1:
        return x
    return emit.node(f"padded{axis}", "Concat", *parts, axis=axis)


def _slice(name: str, x: str, axis: int, start: int, end: int, emit: Emitter) -> str:
    bounds = ((f"{name}.start", start), (f"{name}.end", end), (f"{name}.axis", axis))
    return emit.node(name, "Slice", x, *(emit.integers(part, [at]) for part, at in bounds))


@lower.register
def _(op: ConvTranspose, emit: Emitter) -> tuple[str, ...]:
    rank = emit.step.types[0].rank - 1
    pads = [(pad, pad) for pad in per_axis(op.pad, rank)]
    stride, extra = per_axis(op.stride, rank), per_axis(op.output_pad, rank)
    (x,) = emit.step.inputs
    if any(more >= step for more, step in zip(extra, stride, strict=True)):
        # Runtimes refuse that. A zero behind the input adds nothing but makes the output longer by
        # the stride.
        steps = [(0, more // step) for more, step in zip(extra, stride, strict=True)]
        x = padded(x, steps, emit)
        extra = tuple(more % step for more, step in zip(extra, stride, strict=True))
    return emit.result(
        "ConvTranspose", x, *_weights(emit), kernel_shape=per_axis(op.kernel, rank),
        strides=stride, dilations=per_axis(op.dilation, rank), pads=pads_attribute(pads),
        output_padding=extra, group=op.groups,
    )  # fmt: skip
