"""Pools over a fixed number of regions, exact for sizes that the number doesn't divide.

Region i of an axis of `size` elements runs from floor(i size / out) to ceil((i + 1) size / out).
The mean over regions is a product with a matrix; the maximum gathers the elements of every region.
The bounds are constants if the size is fixed; if it is symbolic, the graph computes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.axes import spatial_axes
from netlang.backends.onnx.lowering.padding import behind_padding
from netlang.backends.onnx.lowering.registry import lower
from netlang.backends.onnx.types import element_type
from netlang.ir.dims import Dim
from netlang.ops.adaptive_pool import AdaptiveAvgpool, AdaptiveMaxpool
from netlang.ops.spatial import per_axis

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__: list[str] = []


@lower.register
def _(op: AdaptiveAvgpool, emit: Emitter) -> tuple[str, ...]:
    x = emit.step.types[0]
    out = per_axis(op.out, x.rank - 1)
    if regular := _regular("Average", x.spatial, out, emit):
        return regular
    (value,) = emit.step.inputs
    for axis, size, count in zip(spatial_axes(x), x.spatial, out, strict=True):
        if size != count:
            value = _averaged(value, axis, size, count, emit)
    return emit.result("Identity", value)


@lower.register
def _(op: AdaptiveMaxpool, emit: Emitter) -> tuple[str, ...]:
    x = emit.step.types[0]
    out = per_axis(op.out, x.rank - 1)
    if regular := _regular("Max", x.spatial, out, emit):
        return regular
    (value,) = emit.step.inputs
    for axis, size, count in zip(spatial_axes(x), x.spatial, out, strict=True):
        if size != count:
            value = _largest(value, axis, size, count, emit)
    return emit.result("Identity", value)


def _regular(
    kind: str, spatial: Sequence[Dim], out: Sequence[int], emit: Emitter
) -> tuple[str, ...] | None:
    """An ordinary pool, if all regions have the same size and don't overlap."""
    if all(count == 1 for count in out):
        return emit.result(f"Global{kind}Pool", *emit.step.inputs)
    kernel = [_divided(size, count) for size, count in zip(spatial, out, strict=True)]
    if not all(kernel):
        return None
    x = behind_padding(emit.step.inputs[0], emit)
    return emit.result(f"{kind}Pool", x, kernel_shape=kernel, strides=kernel)


def _divided(size: Dim, count: int) -> int:
    """The length of a region, or 0 if the regions differ or the size is symbolic."""
    return int(size) // count if isinstance(size, int) and size % count == 0 else 0


def _averaged(value: str, axis: int, size: Dim, out: int, emit: Emitter) -> str:
    """`value` averaged over regions: a product with the matrix of their shares along `axis`."""
    shares, rank = _shares(axis, size, out, emit), 1 + emit.step.types[0].rank
    if axis == rank - 2:
        return emit.node(f"mean{axis}", "MatMul", shares, value)
    turned = emit.node(f"shares{axis}.transposed", "Transpose", shares, perm=[1, 0])
    if axis == rank - 1:
        return emit.node(f"mean{axis}", "MatMul", value, turned)
    swap = list(range(rank))
    swap[axis], swap[-1] = swap[-1], swap[axis]
    last = emit.node(f"last{axis}", "Transpose", value, perm=swap)
    mean = emit.node(f"mean{axis}.last", "MatMul", last, turned)
    return emit.node(f"mean{axis}", "Transpose", mean, perm=swap)


def _bounds(size: int, out: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first element of each region, and the end (exclusive) of each."""
    import numpy as np

    index = np.arange(out, dtype=np.int64)
    return index * size // out, -(-(index + 1) * size // out)


def _shares(axis: int, size: Dim, out: int, emit: Emitter) -> str:
    """The matrix [out, size] whose rows average the regions."""
    import numpy as np

    name = f"shares{axis}"
    if not isinstance(size, int):
        return _symbolic_shares(name, size, out, emit)
    starts, ends = (bound[:, None] for bound in _bounds(int(size), out))
    place = np.arange(int(size))
    return emit.floats(name, ((starts <= place) & (place < ends)) / (ends - starts))


def _symbolic_shares(name: str, size: Dim, out: int, emit: Emitter) -> str:
    to = element_type(emit.step.types[0].dtype)
    starts, ends = _symbolic_bounds(name, size, out, emit)
    scalar = emit.node(f"{name}.size", "Squeeze", emit.sizes.name(size))
    zero, one = emit.integers(f"{name}.zero", 0), emit.integers(f"{name}.one", 1)
    place = emit.node(f"{name}.place", "Range", zero, scalar, one)
    begun = emit.node(f"{name}.begun", "GreaterOrEqual", place, starts)
    going = emit.node(f"{name}.going", "Less", place, ends)
    inside = emit.node(f"{name}.inside", "And", begun, going)
    length = emit.node(f"{name}.length", "Sub", ends, starts)
    parts = [
        emit.node(f"{part}.float", "Cast", part_name, to=to)
        for part, part_name in ((f"{name}.inside", inside), (f"{name}.length", length))
    ]
    return emit.node(name, "Div", *parts)


def _symbolic_bounds(name: str, size: Dim, out: int, emit: Emitter) -> tuple[str, str]:
    """Starts and ends as columns [out, 1]: floor(i size / out) and ceil((i + 1) size / out)."""
    length, divisor = emit.sizes.name(size), emit.sizes.name(out)
    index = emit.integers(f"{name}.index", [[i] for i in range(out)])
    scaled = emit.node(f"{name}.scaled", "Mul", index, length)
    starts = emit.node(f"{name}.starts", "Div", scaled, divisor)
    rounding = emit.node(f"{name}.rounding", "Add", length, emit.sizes.name(out - 1))
    raised = emit.node(f"{name}.raised", "Add", scaled, rounding)
    return starts, emit.node(f"{name}.ends", "Div", raised, divisor)


def _largest(value: str, axis: int, size: Dim, out: int, emit: Emitter) -> str:
    """The maximum of each region, over its elements side by side; the last one is repeated."""
    regions = emit.node(
        f"regions{axis}", "Gather", value, _members(axis, size, out, emit), axis=axis
    )
    which = emit.integers(f"regions{axis}.axis", [axis + 1])
    return emit.node(f"max{axis}", "ReduceMax", regions, which, keepdims=0)


def _members(axis: int, size: Dim, out: int, emit: Emitter) -> str:
    """Indices [out, longest] of the elements of each region."""
    import numpy as np

    name = f"members{axis}"
    if isinstance(size, int):
        starts, ends = _bounds(int(size), out)
        offsets = np.arange((ends - starts).max())
        members = np.minimum(starts[:, None] + offsets, ends[:, None] - 1)
        return emit.integers(name, members)
    starts_, ends_ = _symbolic_bounds(name, size, out, emit)
    # No region is longer than ceil(size / out) + 1.
    longest = emit.node(f"{name}.longest", "Squeeze", emit.sizes.name((size - 1) // out + 2))
    zero, one = emit.integers(f"{name}.zero", 0), emit.integers(f"{name}.one", 1)
    offsets_ = emit.node(f"{name}.offsets", "Range", zero, longest, one)
    places = emit.node(f"{name}.places", "Add", starts_, offsets_)
    last = emit.node(f"{name}.last", "Sub", ends_, emit.sizes.name(1))
    return emit.node(name, "Min", places, last)
