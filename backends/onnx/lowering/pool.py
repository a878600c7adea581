"""Pools over windows and over everything.

Where a size is rounded up, the operators say so by padding behind (`Sliding.pads`), which is exact
for every size; ONNX's own `ceil_mode` is never used, since versions differ in what it means.
"""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.padding import padded, pads_attribute
from netlang.backends.onnx.lowering.registry import lower
from netlang.ops.adaptive_pool import GlobalAvgpool, GlobalMaxpool
from netlang.ops.pool import Avgpool, Maxpool
from netlang.ops.spatial import per_axis, product

__all__: list[str] = []


@lower.register
def _(op: Maxpool, emit: Emitter) -> tuple[str, ...]:
    rank = emit.step.types[0].rank - 1
    window = op.sliding(rank)
    (x,), pads = emit.step.inputs, window.pads
    attributes: dict[str, Sequence[int]] = {
        "kernel_shape": window.kernel, "strides": window.stride,
        "dilations": per_axis(op.dilation, rank),
    }  # fmt: skip
    if any(max(pad) >= taps for pad, taps in zip(pads, window.kernel, strict=True)):
        # A dilated window may reach further than its taps are many, which runtimes refuse.
        x, pads = padded(x, pads, emit, fill=float("-inf")), ((0, 0),) * rank
    attributes["pads"] = pads_attribute(pads)
    if not op.return_indices:
        return emit.result("MaxPool", x, **attributes)
    return _with_indices(x, attributes, emit)


def _with_indices(x: str, attributes: dict[str, Sequence[int]], emit: Emitter) -> tuple[str, ...]:
    """ONNX counts places through the whole tensor, PyTorch within each channel."""
    path, name = emit.step.path, emit.output_names()[0]
    value, place = emit.graph.add("MaxPool", name, (x,), (name, f"{path}/place"), attributes)
    channel = emit.sizes.name(product(emit.step.types[0].spatial))
    return value, emit.output(1, "Mod", place, channel)


@lower.register
def _(op: Avgpool, emit: Emitter) -> tuple[str, ...]:
    rank = emit.step.types[0].rank - 1
    window = op.sliding(rank)
    (x,), pads, counted = emit.step.inputs, window.pads, op.count_include_pad
    base = tuple((before, before) for before, _ in pads)
    if counted and pads != base and any(map(any, base)):
        # Padding counts and what rounding up brings in doesn't: pad first, leave out the rest.
        x, counted = padded(x, base, emit), False
        pads = tuple((0, after - before) for before, after in pads)
    return emit.result(
        "AveragePool", x, kernel_shape=window.kernel, strides=window.stride,
        pads=pads_attribute(pads), count_include_pad=int(counted and pads == base),
    )  # fmt: skip


@lower.register
def _(op: GlobalAvgpool, emit: Emitter) -> tuple[str, ...]:
    return emit.result("GlobalAveragePool", *emit.step.inputs)


@lower.register
def _(op: GlobalMaxpool, emit: Emitter) -> tuple[str, ...]:
    return emit.result("GlobalMaxPool", *emit.step.inputs)
