"""Pools over windows and over whole images.

Sizes that are rounded up are expressed as padding at the end (`Sliding.pads`), which is exact for
every size. ONNX's own `ceil_mode` is never used, since its meaning differs between versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.graph import Operation
from netlang.backends.onnx.lowering.padding import behind_padding, padded, pads_attribute
from netlang.backends.onnx.lowering.rearranged.layout import reshaped
from netlang.backends.onnx.lowering.registry import lower
from netlang.ops.adaptive_pool import GlobalAvgpool, GlobalMaxpool
from netlang.ops.pool import Avgpool, Maxpool
from netlang.ops.spatial import Padding, per_axis, product
from netlang.ops.unpool import MaxUnpool

__all__: list[str] = []


@lower.register
def _(op: Maxpool, emit: Emitter) -> tuple[str, ...]:
    rank = emit.step.types[0].rank - 1
    window = op.sliding(rank)
    x, pads = behind_padding(emit.step.inputs[0], emit), window.pads
    attributes: dict[str, Sequence[int]] = {
        "kernel_shape": window.kernel, "strides": window.stride,
        "dilations": per_axis(op.dilation, rank),
    }  # fmt: skip
    ahead: tuple[Padding, ...] = ()
    if any(max(pad) >= taps for pad, taps in zip(pads, window.kernel, strict=True)):
        # A dilated window may reach further than its taps are many, which runtimes refuse.
        x, pads, ahead = padded(x, pads, emit, fill=float("-inf")), ((0, 0),) * rank, pads
    attributes["pads"] = pads_attribute(pads)
    if not op.return_indices:
        return emit.result("MaxPool", x, **attributes)
    return _with_indices(x, attributes, ahead, emit)


def _with_indices(
    x: str, attributes: dict[str, Sequence[int]], ahead: Sequence[Padding], emit: Emitter
) -> tuple[str, ...]:
    """ONNX's indices count through the whole tensor, PyTorch's within each channel.

    `ahead` is the padding before the pool's input, which the indices exclude.
    """
    path, name, spatial = emit.step.path, emit.output_names()[0], emit.step.types[0].spatial
    outputs = (name, f"{path}/place")
    value, place = emit.graph.add(Operation("MaxPool", name, (x,), outputs, attributes))
    if not ahead:
        return value, emit.output(1, "Mod", place, emit.sizes.name(product(spatial)))
    wide = [size + (before + after) for size, (before, after) in zip(spatial, ahead, strict=True)]
    parts = []
    for axis, (before, _) in enumerate(ahead):
        # The place along one axis, and what it is worth in the input as it was.
        behind = emit.sizes.name(product(wide[axis + 1 :]))
        along = emit.node(f"rest{axis}", "Div", place, behind)
        along = emit.node(f"along{axis}", "Mod", along, emit.sizes.name(wide[axis]))
        along = emit.node(f"inside{axis}", "Sub", along, emit.integers(f"before{axis}", [before]))
        worth = emit.sizes.name(product(spatial[axis + 1 :]))
        parts.append(emit.node(f"part{axis}", "Mul", along, worth))
    *others, last = parts
    if not others:
        return value, emit.output(1, "Identity", last)
    total = reduce(lambda one, two: emit.node("sum", "Add", one, two), others)
    return value, emit.output(1, "Add", total, last)


@lower.register
def _(op: MaxUnpool, emit: Emitter) -> tuple[str, ...]:
    """Indices count within each channel, so values are scattered channel by channel.

    ONNX's MaxUnpool counts through the whole tensor, and the meaning of a size differs between its
    versions.
    """
    (x, places), (y,) = emit.step.inputs, emit.step.outputs
    plane = (y.batch or 1, y.channels, product(y.spatial))
    empty = emit.node("empty", "Expand", emit.floats("zero", 0.0), emit.sizes.vector(plane))
    rows = [_row(name, value, emit) for name, value in (("places", places), ("values", x))]
    filled = emit.node("filled", "ScatterElements", empty, *rows, axis=2)
    return reshaped(y.shape, emit, filled)


def _row(name: str, value: str, emit: Emitter) -> str:
    """A value with all places of a channel in one axis."""
    return emit.node(name, "Reshape", value, emit.integers(f"{name}.shape", [0, 0, -1]))


@lower.register
def _(op: Avgpool, emit: Emitter) -> tuple[str, ...]:
    rank = emit.step.types[0].rank - 1
    window = op.sliding(rank)
    x, pads = behind_padding(emit.step.inputs[0], emit), window.pads
    counted = op.count_include_pad
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
