"""Elements moved or chosen along axes, windows as columns, comparisons and choices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.axes import full_axis
from netlang.backends.onnx.lowering.padding import END
from netlang.backends.onnx.lowering.rearranged.layout import reshaped
from netlang.backends.onnx.lowering.registry import lower
from netlang.ir.dims import Dim
from netlang.ir.types import TensorType
from netlang.ops import compare
from netlang.ops.checks import fixed
from netlang.ops.places import Cumsum, Expand, Gather, Roll
from netlang.ops.shuffle import PixelUnshuffle
from netlang.ops.unfold import Fold, Unfold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__: list[str] = []

COMPARISONS = {
    "equal": "Equal",
    "less": "Less",
    "less_equal": "LessOrEqual",
    "greater": "Greater",
    "greater_equal": "GreaterOrEqual",
}


@lower.register
def _(op: Roll, emit: Emitter) -> tuple[str, ...]:
    """Along each axis, what comes in at the beginning and then the rest."""
    (x,), (type_,) = emit.step.inputs, emit.step.types
    moves = [(axis, shift) for axis, shift in op.moves(type_) if shift]
    for number, (axis, shift) in enumerate(moves):
        last = number == len(moves) - 1
        x = _rolled(x, axis, shift, emit, "" if last else str(number))
    return (x,)


def _rolled(x: str, axis: int, shift: int, emit: Emitter, suffix: str) -> str:
    """`x` rolled along an axis; the place where it is cut is (-shift) mod size."""
    size, at = emit.step.types[0].shape[axis], f"{suffix or 'last'}"
    if isinstance(size, int):
        place = emit.integers(f"{at}.place", [-shift % int(size)])
    else:
        back = emit.integers(f"{at}.back", [-shift])
        place = emit.node(f"{at}.place", "Mod", back, emit.sizes.name(size))
    along = emit.integers(f"{at}.axis", [full_axis(axis, emit.step.types[0])])
    begin, end = emit.integers("begin", [0]), emit.integers("end", [END])
    moved = emit.node(f"{at}.moved", "Slice", x, place, end, along)
    rest = emit.node(f"{at}.rest", "Slice", x, begin, place, along)
    joined = {"axis": full_axis(axis, emit.step.types[0])}
    if suffix:
        return emit.node(suffix, "Concat", moved, rest, **joined)
    return emit.output(0, "Concat", moved, rest, **joined)


@lower.register
def _(op: Gather, emit: Emitter) -> tuple[str, ...]:
    places = emit.integers("places", op.at if isinstance(op.at, int) else list(op.at))
    axis = full_axis(op.axis, emit.step.types[0])
    return emit.result("Gather", *emit.step.inputs, places, axis=axis)


@lower.register
def _(op: Expand, emit: Emitter) -> tuple[str, ...]:
    batch: tuple[Dim, ...] = () if emit.step.types[0].batch is None else (1,)
    return emit.result("Expand", *emit.step.inputs, emit.sizes.vector((*batch, *op.shape)))


@lower.register
def _(op: Cumsum, emit: Emitter) -> tuple[str, ...]:
    axis = emit.integers("axis", full_axis(op.axis, emit.step.types[0]))
    return emit.result("CumSum", *emit.step.inputs, axis)


@lower.register
def _(op: PixelUnshuffle, emit: Emitter) -> tuple[str, ...]:
    """SpaceToDepth has the channels last among the new ones, so it can't be used."""
    (x,), types = emit.step.inputs, emit.step.types
    batch = types[0].batch
    assert batch is not None
    apart = emit.node("apart", "Reshape", x, emit.sizes.vector((batch, *op.split(types))))
    turned = emit.node("turned", "Transpose", apart, perm=[0, 1, 3, 5, 2, 4])
    return reshaped(emit.step.outputs[0].shape, emit, turned)


def _one_hot(channels: int, kernel: Sequence[int]) -> NDArray[np.float64]:
    """Kernels of a depthwise convolution, each of which takes one element of its window."""
    import numpy as np

    return np.tile(np.eye(prod(kernel)), (channels, 1)).reshape(-1, 1, *kernel)


@lower.register
def _(op: Unfold, emit: Emitter) -> tuple[str, ...]:
    """ONNX has no such operator: a convolution whose kernels take one element each."""
    (x,), (type_,) = emit.step.inputs, emit.step.types
    channels = fixed(op, type_.channels, "the input channels")
    weight = emit.floats("elements", _one_hot(channels, op.pair("kernel")))
    taken = emit.node(
        "taken", "Conv", x, weight, group=channels, kernel_shape=op.pair("kernel"),
        strides=op.pair("stride"), dilations=op.pair("dilation"), pads=op.pair("pad") * 2,
    )  # fmt: skip
    rows = fixed(op, emit.step.outputs[0].channels, "the rows")
    return emit.result("Reshape", taken, emit.integers("shape", [0, rows, -1]))


@lower.register
def _(op: Fold, emit: Emitter) -> tuple[str, ...]:
    """The transposed convolution of the kernels of `unfold`, each channel an example of its own."""
    (x,), kernel, image = emit.step.inputs, op.pair("kernel"), op.image()
    counts = tuple(fixed(op, count, "the number of windows") for count in op.counts(image))
    apart = emit.node(
        "apart", "Reshape", x, emit.integers("apart.shape", [-1, prod(kernel), *counts])
    )
    sides = zip(counts, op.pair("stride"), op.pair("pad"), op.pair("dilation"), kernel, strict=True)
    made = [(n - 1) * step - 2 * pad + gap * (k - 1) + 1 for n, step, pad, gap, k in sides]
    summed = emit.node(
        "summed", "ConvTranspose", apart, emit.floats("elements", _one_hot(1, kernel)),
        kernel_shape=kernel, strides=op.pair("stride"), dilations=op.pair("dilation"),
        pads=op.pair("pad") * 2,
        output_padding=[size - one for size, one in zip(image, made, strict=True)],
    )  # fmt: skip
    return _examples(emit.step.outputs[0], summed, emit)


def _examples(y: TensorType, x: str, emit: Emitter) -> tuple[str, ...]:
    """The result of the step, its channels put back after the examples."""
    sizes = [-1, *(int(str(size)) for size in y.shape)]
    return emit.result("Reshape", x, emit.integers("shape", sizes))


@lower.register(compare.Equal)
@lower.register(compare.NotEqual)
@lower.register(compare.Less)
@lower.register(compare.LessEqual)
@lower.register(compare.Greater)
@lower.register(compare.GreaterEqual)
def _(op: compare.Comparison, emit: Emitter) -> tuple[str, ...]:
    values = emit.step.inputs
    if op.to is not None:
        values = (*values, emit.floats("to", op.to))
    if op.name == "not_equal":
        return emit.result("Not", emit.node("equal", "Equal", *values))
    return emit.result(COMPARISONS[op.name], *values)


@lower.register
def _(op: compare.Where, emit: Emitter) -> tuple[str, ...]:
    return emit.result("Where", *emit.step.inputs)
