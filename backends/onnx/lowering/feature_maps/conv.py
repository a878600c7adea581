"""Convolutions and transposed convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.padding import around, padded, pads_attribute
from netlang.backends.onnx.lowering.registry import lower
from netlang.ops.conv import Conv
from netlang.ops.conv_transpose import ConvTranspose
from netlang.ops.spatial import Padding, extents, padding, per_axis

__all__: list[str] = []


@lower.register
def _(op: Conv, emit: Emitter) -> tuple[str, ...]:
    rank = emit.step.types[0].rank - 1
    kernel, dilation = per_axis(op.kernel, rank), per_axis(op.dilation, rank)
    pads: Sequence[Padding] = padding(op.pad, extents(kernel, dilation))
    (x,) = emit.step.inputs
    if op.pad_mode != "zeros" and any(map(any, pads)):
        x, pads = around(op.pad_mode, x, pads, emit), [(0, 0)] * rank
    weight, *bias = _weights(emit)
    if op.standardize:
        weight = _standardized(weight, op.eps, rank, emit)
    return emit.result(
        "Conv", x, weight, *bias, kernel_shape=kernel, dilations=dilation,
        strides=per_axis(op.stride, rank), pads=pads_attribute(pads), group=op.groups,
    )  # fmt: skip


def _standardized(weight: str, eps: float, rank: int, emit: Emitter) -> str:
    """The weight with mean 0 and variance 1 in each output channel; runtimes compute this once."""
    axes = emit.integers("weight.axes", range(1, rank + 2))
    mean = emit.node("weight.mean", "ReduceMean", weight, axes)
    difference = emit.node("weight.difference", "Sub", weight, mean)
    square = emit.node("weight.square", "Mul", difference, difference)
    variance = emit.node("weight.variance", "ReduceMean", square, axes)
    raised = emit.node("weight.raised", "Add", variance, emit.epsilon(eps, "weight.eps"))
    return emit.node("weight", "Div", difference, emit.node("weight.deviation", "Sqrt", raised))


def _weights(emit: Emitter) -> tuple[str, ...]:
    bias = ("bias",) if emit.has_weight("bias") else ()
    return tuple(emit.weight(name) for name in ("weight", *bias))


@lower.register
def _(op: ConvTranspose, emit: Emitter) -> tuple[str, ...]:
    rank = emit.step.types[0].rank - 1
    pads = [(pad, pad) for pad in per_axis(op.pad, rank)]
    stride, extra = per_axis(op.stride, rank), per_axis(op.output_pad, rank)
    (x,) = emit.step.inputs
    if any(more >= step for more, step in zip(extra, stride, strict=True)):
        # Runtimes refuse that. A zero after the input adds nothing but makes the output longer by
        # the stride.
        steps = [(0, more // step) for more, step in zip(extra, stride, strict=True)]
        x = padded(x, steps, emit)
        extra = tuple(more % step for more, step in zip(extra, stride, strict=True))
    return emit.result(
        "ConvTranspose", x, *_weights(emit), kernel_shape=per_axis(op.kernel, rank),
        strides=stride, dilations=per_axis(op.dilation, rank), pads=pads_attribute(pads),
        output_padding=extra, group=op.groups,
    )  # fmt: skip
