"""Shapes and axes of tensors, and tensors that are made of sizes.

A file for a fixed number of examples has this number in its shapes, where the graph here has
another one, `BATCH`. It stands first, or where the value itself has its batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import prod

import torch
from torch import fx

from netlang.backends.onnx.importing.graph import Held, StoredTensor
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results, shape_of
from netlang.backends.torch.importing.layouts import BATCH, batch_axis
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["HANDLERS", "for_batch"]


def _shape(node: OnnxNode) -> Results:
    shape = node.shape()
    start, end = node.integer("start", 0), node.integer("end", len(shape))
    return StoredTensor(torch.tensor(shape[start:end], dtype=torch.int64))


def _size(node: OnnxNode) -> Results:
    return StoredTensor(torch.tensor(prod(node.shape()), dtype=torch.int64))


def _reshape(node: OnnxNode) -> Results:
    shape, wanted = node.shape(), list(node.whole(1, "sizes"))
    if not node.integer("allowzero", 0):
        if any(not size and place >= len(shape) for place, size in enumerate(wanted)):
            raise NotSayable("a size that is copied from an axis that isn't there")
        wanted = [size or shape[place] for place, size in enumerate(wanted)]
    return _reshaped(node, for_batch(node, shape, wanted))


def _reshaped(node: OnnxNode, sizes: list[int]) -> Held:
    """The first input in another shape, which remembers what tensor of the file it is."""
    value = node.held(0)
    found: Held = node.aten(A.reshape.default, value, sizes)
    if isinstance(found, StoredTensor) and isinstance(value, StoredTensor):
        origin = value if value.name else value.origin
        return StoredTensor(found.tensor, origin=origin, computed=found.computed)
    return found


def for_batch(node: OnnxNode, shape: Sequence[int], wanted: list[int]) -> list[int]:
    """Sizes with the graph's batch in place of the file's own, for a value of `shape`."""
    own = node.batch
    axis, fold = batch_axis(shape)
    if not own or axis is None or any(size and size % BATCH == 0 for size in wanted):
        return wanted
    have, named = prod(shape) // BATCH * own, prod(size for size in wanted if size != -1)
    sizes = [have // named if size == -1 and named else size for size in wanted]
    if prod(sizes) != have:
        return wanted
    place = _batch_place(sizes, shape, own, axis, fold)
    if place is None:
        return wanted
    return [size // own * BATCH if n == place else size for n, size in enumerate(sizes)]


def _batch_place(
    sizes: Sequence[int], shape: Sequence[int], own: int, axis: int, fold: int
) -> int | None:
    """Where the batch is in new sizes: where as much is before it as in the value, or after it.

    An axis that has the batch alone is the first choice. Where axes are joined, it is the one with
    as much after it, and where they are split, the one with as much in front.
    """
    ahead, behind = prod(shape[:axis]), prod(shape[axis + 1 :])
    places = [n for n, size in enumerate(sizes) if size % own == 0]
    alone = [n for n in places if sizes[n] == own and prod(sizes[:n]) in (ahead, ahead * fold)]
    split = [n for n in places if prod(sizes[:n]) == ahead]
    joined = [n for n in places if prod(sizes[n + 1 :]) == behind]
    found = [*alone, *(joined + split if len(sizes) < len(shape) else split + joined)]
    return found[0] if found else None


def _flatten(node: OnnxNode) -> Results:
    shape, axis = node.shape(), node.integer("axis", 1)
    if not -len(shape) <= axis <= len(shape):
        raise NotSayable("an axis that its input lacks")
    axis = axis + len(shape) if axis < 0 else axis
    sizes = [prod(shape[:axis]), prod(shape[axis:])]
    return node.aten(A.reshape.default, node.held(0), sizes)


def _squeeze(node: OnnxNode) -> Results:
    shape, axes = node.shape(), node.axes(1)
    rank = len(shape)
    gone = {axis % rank for axis in axes} if axes else {n for n in range(rank) if shape[n] == 1}
    if any(shape[axis] != 1 for axis in gone):
        raise NotSayable("an axis of more than one element that is left out")
    return _reshaped(node, [size for axis, size in enumerate(shape) if axis not in gone])


def _unsqueeze(node: OnnxNode) -> Results:
    axes = node.axes(1) or ()
    rank = len(node.shape()) + len(axes)
    if any(not -rank <= axis < rank for axis in axes) or len({a % rank for a in axes}) < len(axes):
        raise NotSayable("axes that its output lacks")
    rest = iter(node.shape())
    new = {axis % rank for axis in axes}
    return _reshaped(node, [1 if axis in new else next(rest) for axis in range(rank)])


def _transpose(node: OnnxNode) -> Results:
    axes = node.integers("perm") or tuple(reversed(range(len(node.shape()))))
    if axes == tuple(range(len(node.shape()))):
        return node.held(0)
    return node.aten(A.permute.default, node.held(0), list(axes))


def _expand(node: OnnxNode) -> Results:
    shape, wanted = node.shape(), list(node.whole(1, "sizes"))
    rank = max(len(shape), len(wanted))
    before = [1] * (rank - len(shape)) + list(shape)
    after = [1] * (rank - len(wanted)) + wanted
    sizes = []
    for old, new in zip(before, after, strict=True):
        same = old % BATCH == 0 and node.batch is not None and new * BATCH == old * node.batch
        sizes.append(old if new == 1 or same else new)
    if sizes == list(shape):
        return node.held(0)
    try:
        return node.aten(A.expand.default, node.held(0), sizes)
    except NotSayable as error:
        return _of_many_examples(node, sizes, error)


def _of_many_examples(node: OnnxNode, sizes: list[int], error: NotSayable) -> Held:
    """A table that is the same for each example, or of one number, which is all that is known.

    For all of the graph's examples it is too long to be computed.
    """
    table, number = node.held(0), node.single(node.held(0))
    if not isinstance(table, StoredTensor) or table.learned:
        raise error
    found = None
    if sizes[0] == BATCH and (len(shape_of(table)) < len(sizes) or shape_of(table)[0] == 1):
        with suppress(NotSayable):
            found = node.aten(A.expand.default, node.graph.constant(table), sizes)
    if found is None and number is not None:
        val = torch.empty(sizes, device="meta")
        found = node.graph.refused([], error, val, node.learned)
    if not isinstance(found, fx.Node):
        raise error
    found.meta["number"] = number
    return found


def _tile(node: OnnxNode) -> Results:
    times = list(node.whole(1, "repeats"))
    value = node.held(0)
    for axis, count in enumerate(times):
        if not 0 < count < 1 << 16:
            raise NotSayable("a value that is repeated no times")
        if count > 1 and shape_of(value)[axis] == 1 and not isinstance(value, StoredTensor):
            sizes = [count if n == axis else size for n, size in enumerate(shape_of(value))]
            value = node.aten(A.expand.default, value, sizes)
        elif count > 1:
            value = node.aten(A.cat.default, [value] * count, axis)
    return value


def _constant_of_shape(node: OnnxNode) -> Results:
    sizes = node.whole(0, "sizes")
    given = node.tensor("value")
    if given is not None and given.numel() != 1:
        raise NotSayable("its `value` isn't one number")
    value = torch.zeros(1) if given is None else given
    if any(size < 0 for size in sizes):
        raise NotSayable("a size below 0")
    one = StoredTensor(value.reshape([1] * len(sizes)))
    found: Held = node.aten(A.expand.default, one, list(sizes))
    return found


def _range(node: OnnxNode) -> Results:
    numbers = [node.known(place, "numbers of a range") for place in range(3)]
    start, end, step = (each.reshape(-1)[0].item() for each in numbers)
    if not step or abs((end - start) / step) > 1 << 20:
        raise NotSayable("a range without an end")
    return StoredTensor(torch.arange(start, end, step, dtype=numbers[0].dtype))


def _triangle(node: OnnxNode) -> Results:
    """The part of a table above or below its diagonal."""
    table = node.known(0, "tables")
    k = node.whole(1, "diagonals")[0] if node.has(1) else 0
    return StoredTensor(table.triu(k) if node.integer("upper", 1) else table.tril(k))


def _depth_to_space(node: OnnxNode) -> Results:
    size, shape = node.integer("blocksize", 0), node.shape()
    if len(shape) != 4 or size < 1 or shape[1] % size**2:
        raise NotSayable("a map whose channels can't be places")
    if node.text("mode", "DCR") == "CRD":
        return node.aten(A.pixel_shuffle.default, node.held(0), size)
    n, c, h, w = shape
    cut = node.aten(A.reshape.default, node.held(0), [n, size, size, c // size**2, h, w])
    moved = node.aten(A.permute.default, cut, [0, 3, 4, 1, 5, 2])
    return node.aten(A.reshape.default, moved, [n, c // size**2, h * size, w * size])


def _space_to_depth(node: OnnxNode) -> Results:
    size, shape = node.integer("blocksize", 0), node.shape()
    if len(shape) != 4 or size < 1 or shape[2] % size or shape[3] % size:
        raise NotSayable("a map that isn't a whole number of squares")
    n, c, h, w = shape
    cut = node.aten(A.reshape.default, node.held(0), [n, c, h // size, size, w // size, size])
    moved = node.aten(A.permute.default, cut, [0, 3, 5, 1, 2, 4])
    return node.aten(A.reshape.default, moved, [n, c * size**2, h // size, w // size])


HANDLERS: Mapping[str, Handler] = {
    "Shape": _shape,
    "Size": _size,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Expand": _expand,
    "Tile": _tile,
    "ConstantOfShape": _constant_of_shape,
    "Range": _range,
    "Trilu": _triangle,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
}
