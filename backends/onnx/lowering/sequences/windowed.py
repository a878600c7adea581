"""Attention within windows: the image is cut up, attended to and reassembled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netlang.backends.onnx.emitter import Emitter
from netlang.ops.windowed import Windowed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Weighing", "attended", "mapped", "within_windows"]

# What is taken from the weights of places that only a shift brought into one window.
APART = -100.0
# Past the end of any axis.
END = 2**31 - 1


@dataclass(frozen=True)
class Weighing(ABC):
    """How an operator computes its heads' attention weights; `last` is its last linear map."""

    emit: Emitter
    last: str
    heads: int

    @abstractmethod
    def parts(self, x: str) -> tuple[str, ...]:
        """Queries, keys and values of [N, windows, places, E], each of that shape."""

    @abstractmethod
    def scores(self, queries: str, keys: str) -> str:
        """Scores of queries [.., places, d] and keys [.., d, places], before the offset bias."""

    @abstractmethod
    def table(self) -> str:
        """The bias table, one row per offset: [offsets, heads]."""

    @abstractmethod
    def bias(self, picked: str) -> str:
        """The bias added to the scores, from the table rows of all pairs of places."""


def within_windows(op: Windowed, weighing: Weighing) -> tuple[str, ...]:
    """Emit all nodes of an operator."""
    emit = weighing.emit
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
    mask = emit.floats("mask", _mask(op, size)) if any(shifts) else None
    x = attended(weighing, x, [0, count, places], features, mask)
    joined = [0, parted[1], parted[3], windows[0], windows[1], features]
    x = _regrouped("joined", x, joined, [0, *size, features], emit)
    for axis, shift in enumerate(shifts, 1):
        # An axis of windows is as long as its shift is from either end.
        x = _rolled(f"back.{axis}", x, size[axis - 1] - shift, axis, emit) if shift else x
    named = (("starts", [0, 0]), ("ends", [height, width]), ("axes", [1, 2]))
    return emit.result("Slice", x, *(emit.integers(name, value) for name, value in named))


def _rolled(name: str, x: str, shift: int, axis: int, emit: Emitter) -> str:
    """The elements rolled along `axis`, so that element `shift` comes first."""
    places = [emit.integers(f"{name}.{end}", [end]) for end in (0, shift, END)]
    along = emit.integers(f"{name}.axis", [axis])
    front = emit.node(f"{name}.front", "Slice", x, *places[1:], along)
    rest = emit.node(f"{name}.rest", "Slice", x, *places[:2], along)
    return emit.node(name, "Concat", front, rest, axis=axis)


def _regrouped(name: str, x: str, split: list[int], shape: list[int], emit: Emitter) -> str:
    """The value with the axes of rows and windows swapped."""
    parts = emit.node(f"{name}.split", "Reshape", x, emit.integers(f"{name}.parts", split))
    turned = emit.node(f"{name}.turned", "Transpose", parts, perm=[0, 1, 3, 2, 4, 5])
    return emit.node(name, "Reshape", turned, emit.integers(f"{name}.shape", shape))


def attended(
    weighing: Weighing, x: str, shape: list[int], features: int, mask: str | None = None
) -> str:
    """Attention over [N, groups, places, E], where `shape` has all sizes except E."""
    emit, parts = weighing.emit, weighing.parts(x)
    wide = emit.integers("heads.shape", [*shape, weighing.heads, features // weighing.heads])
    orders = ([0, 1, 3, 2, 4], [0, 1, 3, 4, 2], [0, 1, 3, 2, 4])
    queries, keys, values = (
        emit.node(name, "Transpose", emit.node(f"{name}.split", "Reshape", part, wide), perm=order)
        for name, part, order in zip(("queries", "keys", "values"), parts, orders, strict=True)
    )
    scores = weighing.scores(queries, keys)
    scores = emit.node("scores.bias", "Add", scores, _offset_bias(shape[2], weighing))
    if mask:
        scores = emit.node("scores.masked", "Add", scores, mask)
    weights = emit.softmax(scores, 4)
    if mask:
        weights = emit.without_denormals(weights)
    heads = emit.node("attended", "MatMul", weights, values)
    sides = emit.node("sides", "Transpose", heads, perm=[0, 1, 3, 2, 4])
    side_by_side = emit.integers("sides.shape", [*shape, features])
    return mapped(weighing.last, emit.node("sides.joined", "Reshape", sides, side_by_side), emit)


def mapped(name: str, x: str, emit: Emitter) -> str:
    """An affine map of the last axis, without the bias if there is none."""
    turned = emit.node(f"{name}.weight", "Transpose", emit.weight(f"{name}.weight"), perm=[1, 0])
    if not emit.has_weight(f"{name}.bias"):
        return emit.node(name, "MatMul", x, turned)
    product = emit.node(f"{name}.product", "MatMul", x, turned)
    return emit.node(name, "Add", product, emit.weight(f"{name}.bias"))


def _offset_bias(places: int, weighing: Weighing) -> str:
    """The bias for each pair of places, [heads, places, places]."""
    emit = weighing.emit
    index = emit.weight("relative_position_index")
    pairs = emit.node("bias.pairs", "Gather", weighing.table(), index, axis=0)
    shape = emit.integers("bias.shape", [places, places, weighing.heads])
    square = emit.node("bias.square", "Reshape", pairs, shape)
    return weighing.bias(emit.node("bias", "Transpose", square, perm=[2, 0, 1]))


def _mask(op: Windowed, size: tuple[int, int]) -> NDArray[np.generic]:
    """The mask [windows, 1, places, places]: `APART` between places of different regions."""
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
