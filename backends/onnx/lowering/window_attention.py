"""Attention within windows: the image is cut up, attended to, and put together again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.lowering.registry import lower
from netlang.ops.window_attention import WindowAttention

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__: list[str] = []

# What is taken from the weights of places that only a shift brought into one window.
APART = -100.0
# Past the end of any axis.
END = 2**31 - 1


@lower.register
def _(op: WindowAttention, emit: Emitter) -> tuple[str, ...]:
    (x,), (type_,) = emit.step.inputs, emit.step.types
    height, width, features = op.image(type_)
    size, windows = op.padded(type_), op.windows()
    shifts = op.shifts(size)
    if size != (height, width):
        more = [0] * 5 + [size[0] - height, size[1] - width, 0]
        x = emit.node("padded", "Pad", x, emit.integers("pads", more))
    for axis, shift in enumerate(shifts, 1):
        x = _rolled(f"shifted.{axis}", x, shift, axis, emit) if shift else x
    parted = [0, size[0] // windows[0], windows[0], size[1] // windows[1], windows[1], features]
    count, places = parted[1] * parted[3], windows[0] * windows[1]
    x = _regrouped("windows", x, parted, [0, count, places, features], emit)
    x = _attended(op, x, [0, count, places], features, emit)
    joined = [0, parted[1], parted[3], windows[0], windows[1], features]
    x = _regrouped("joined", x, joined, [0, *size, features], emit)
    for axis, shift in enumerate(shifts, 1):
        # An axis of windows is as long as its shift is from either end.
        x = _rolled(f"back.{axis}", x, size[axis - 1] - shift, axis, emit) if shift else x
    named = (("starts", [0, 0]), ("ends", [height, width]), ("axes", [1, 2]))
    return emit.result("Slice", x, *(emit.integers(name, value) for name, value in named))


def _rolled(name: str, x: str, shift: int, axis: int, emit: Emitter) -> str:
    """The elements from `shift` on in front of those before."""
    places = [emit.integers(f"{name}.{end}", [end]) for end in (0, shift, END)]
    along = emit.integers(f"{name}.axis", [axis])
    front = emit.node(f"{name}.front", "Slice", x, *places[1:], along)
    rest = emit.node(f"{name}.rest", "Slice", x, *places[:2], along)
    return emit.node(name, "Concat", front, rest, axis=axis)


def _regrouped(name: str, x: str, split: list[int], shape: list[int], emit: Emitter) -> str:
    """With the axes of rows and windows changed over."""
    parts = emit.node(f"{name}.split", "Reshape", x, emit.integers(f"{name}.parts", split))
    turned = emit.node(f"{name}.turned", "Transpose", parts, perm=[0, 1, 3, 2, 4, 5])
    return emit.node(name, "Reshape", turned, emit.integers(f"{name}.shape", shape))


def _attended(op: WindowAttention, x: str, shape: list[int], features: int, emit: Emitter) -> str:
    """The attention of [N, windows, places, E]."""
    parts = emit.nodes(
        "qkv.parts", "Split", 3, _mapped("qkv", x, emit), axis=3, num_outputs=3
    )  # fmt: skip
    wide = emit.integers("heads.shape", [*shape, op.heads, features // op.heads])
    orders = ([0, 1, 3, 2, 4], [0, 1, 3, 4, 2], [0, 1, 3, 2, 4])
    queries, keys, values = (
        emit.node(name, "Transpose", emit.node(f"{name}.split", "Reshape", part, wide), perm=order)
        for name, part, order in zip(("queries", "keys", "values"), parts, orders, strict=True)
    )
    scale = emit.floats("scale", (features // op.heads) ** -0.5)
    scores = emit.node("scores", "MatMul", emit.node("scaled", "Mul", queries, scale), keys)
    scores = emit.node("scores.bias", "Add", scores, _offset_bias(op, shape[2], emit))
    size = op.padded(emit.step.types[0])
    if any(op.shifts(size)):
        mask = emit.floats("mask", _mask(op, size))
        scores = emit.node("scores.masked", "Add", scores, mask)
    weights = emit.node("softmax", "Softmax", scores, axis=4)
    heads = emit.node("attended", "MatMul", weights, values)
    sides = emit.node("sides", "Transpose", heads, perm=[0, 1, 3, 2, 4])
    side_by_side = emit.integers("sides.shape", [*shape, features])
    return _mapped("proj", emit.node("sides.joined", "Reshape", sides, side_by_side), emit)


def _mapped(name: str, x: str, emit: Emitter) -> str:
    """An affine map of the last axis."""
    turned = emit.node(f"{name}.weight", "Transpose", emit.weight(f"{name}.weight"), perm=[1, 0])
    product = emit.node(f"{name}.product", "MatMul", x, turned)
    return emit.node(name, "Add", product, emit.weight(f"{name}.bias"))


def _offset_bias(op: WindowAttention, places: int, emit: Emitter) -> str:
    """The learned number for each pair of places, [heads, places, places]."""
    table = emit.weight("relative_position_bias_table")
    index = emit.weight("relative_position_index")
    pairs = emit.node("bias.pairs", "Gather", table, index, axis=0)
    shape = emit.integers("bias.shape", [places, places, op.heads])
    square = emit.node("bias.square", "Reshape", pairs, shape)
    return emit.node("bias", "Transpose", square, perm=[2, 0, 1])


def _mask(op: WindowAttention, size: tuple[int, int]) -> NDArray[np.generic]:
    """[windows, 1, places, places]: `APART` between places of different regions."""
    import numpy as np

    windows, shifts = op.windows(), op.shifts(size)
    rows, columns = (
        np.greater_equal(np.arange(n), n - window).astype(int) + (np.arange(n) >= n - shift)
        for n, window, shift in zip(size, windows, shifts, strict=True)
    )
    regions = 3 * rows[:, None] + columns
    parts = regions.reshape(size[0] // windows[0], windows[0], -1, windows[1])
    places = parts.transpose(0, 2, 1, 3).reshape(-1, windows[0] * windows[1])
    apart = places[:, None, :, None] != places[:, None, None, :]
    return np.where(apart, APART, 0.0)
