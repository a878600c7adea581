"""Parts of tensors, and tensors that are joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch
from torch import Tensor, arange, fx

from netlang.backends.onnx.importing.graph import Held, StoredTensor
from netlang.backends.onnx.importing.names import is_given
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results, shape_of
from netlang.backends.onnx.importing.operators import patterns
from netlang.backends.onnx.importing.operators.shapes import for_batch
from netlang.backends.onnx.importing.operators.unpool import put_into_batch
from netlang.backends.torch.importing.layouts import BATCH
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["HANDLERS"]

_MOST_PARTS = 4096


def _concat(node: OnnxNode) -> Results:
    values = [node.held(place) for place in range(len(node.inputs))]
    axis = node.integer("axis", 0)
    values = [each for each in values if shape_of(each) != (0,)] or values
    if len(values) == 1:
        return values[0]
    rolled = patterns.rolled(node, values, axis)
    if rolled is not None:
        return rolled
    if any(isinstance(each, fx.Node) and shape_of(each)[:1] == (BATCH,) for each in values):
        values = [_of_each(node, each) for each in values]
    return node.aten(A.cat.default, values, axis)


def _of_each(node: OnnxNode, value: Held) -> Held:
    """A learned tensor for each example, as values that have a batch in front are."""
    shape = shape_of(value)
    if node.batch is None or shape[:1] != (node.batch,):
        return value
    if node.batch > 1:
        value = node.aten(A.slice.Tensor, value, 0, 0, 1, 1)
    found: Held = node.aten(A.expand.default, value, [BATCH, *shape[1:]])
    return found


def _split(node: OnnxNode) -> Results:
    shape, axis = node.shape(), node.integer("axis", 0)
    if not -len(shape) <= axis < len(shape):
        raise NotSayable("an axis that its input lacks")
    sizes = node.integers("split")
    if sizes is None and node.has(1):
        sizes = node.whole(1, "sizes")
    if sizes is None:
        count = node.integer("num_outputs", len(node.proto.output))
        sizes = _equal(shape[axis], -(-shape[axis] // count) if count > 0 else 0)
    return _parts(node, sizes, axis)


def _equal(size: int, each: int) -> tuple[int, ...]:
    """Sizes of equal parts; the last one may be less."""
    if each < 1 or size > each * _MOST_PARTS:
        raise NotSayable("no parts, or too many")
    rest = size % each
    return (*(each,) * (size // each), *((rest,) if rest else ()))


def _parts(node: OnnxNode, sizes: Sequence[int], axis: int) -> tuple[Held, ...]:
    if not sizes or sum(sizes) != node.shape()[axis] or min(sizes) < 0:
        raise NotSayable("parts that aren't the whole")
    if 0 in sizes and isinstance(node.held(0), fx.Node):
        raise NotSayable("a part without elements")
    if len(sizes) > _MOST_PARTS:
        raise NotSayable("too many parts")
    return node.aten_parts(A.split_with_sizes.default, node.held(0), list(sizes), axis)


def _slice(node: OnnxNode) -> Results:
    """Bounds are attributes up to opset 9, and inputs since."""
    starts, ends = node.integers("starts"), node.integers("ends")
    if starts is None or ends is None:
        starts, ends = node.whole(1, "bounds"), node.whole(2, "bounds")
    axes = node.integers("axes")
    if axes is None:
        axes = node.whole(3, "axes") if node.has(3) else tuple(range(len(starts)))
    steps = node.whole(4, "steps") if node.has(4) else (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise NotSayable("bounds of another number of axes")
    value = node.held(0)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        value = _cut(node, value, axis, slice(start, end, step))
    return value


def _cut(node: OnnxNode, value: Held, axis: int, part: slice[int, int, int]) -> Held:
    shape, (start, end, step) = shape_of(value), (part.start, part.stop, part.step)
    if not -len(shape) <= axis < len(shape) or not step:
        raise NotSayable("a part of an axis that its input lacks")
    size = shape[axis]
    if node.batch is not None and axis % len(shape) == 0 and size == BATCH:
        end = size if (start, step) == (0, 1) and end >= node.batch else end
    if step > 0:
        if len(range(size)[start:end:step]) == size:
            return value
        found: Held = node.aten(A.slice.Tensor, value, axis, start, min(end, size), step)
        return found
    places = list(range(size))[slice(start, end if end >= -size else None, step)]
    if places != list(reversed(range(size))):
        raise NotSayable("a part that is read backwards")
    turned: Held = node.aten(A.flip.default, value, [axis])
    return turned


def _is_whole(node: OnnxNode, table: Tensor, shape: Sequence[int]) -> bool:
    """Whether places are all those of a flat value in order, for the file's own batch."""
    own = (node.batch or 0) * shape[0] // BATCH if len(shape) == 1 else 0
    return bool(own) and table.numel() == own and bool((table.reshape(-1) == arange(own)).all())


def _places(table: Tensor, size: int) -> Tensor:
    """Places along an axis of a size, from its start."""
    table = table.long()
    if bool(((table < -size) | (table >= size)).any()):
        raise NotSayable("places beyond an axis")
    return table.where(table >= 0, table + size)


def _rows(node: OnnxNode, value: Held, at: StoredTensor, table: Tensor) -> Results:
    """Rows of a learned table at places that the file has a name for: both have keys then."""
    named = at.origin or at
    size, *rest = shape_of(value)
    learned = len(rest) == 1 and size % BATCH and (isinstance(value, fx.Node) or value.learned)
    whole = named.tensor.reshape(-1)
    same = whole.shape == table.reshape(-1).shape and bool((whole == table.reshape(-1)).all())
    if not (learned and same and is_given(named.name) and "." in named.name):
        return node.aten(A.index.Tensor, value, [StoredTensor(table)])
    placed: Held = node.graph.weight(named, node.key_of(named, ""))
    if named.tensor.shape != table.shape:
        placed = node.aten(A.reshape.default, placed, list(table.shape))
    return node.aten(A.index.Tensor, value, [placed])


def _gather_several(node: OnnxNode) -> Results:
    """Places that have a number for each of the first axes."""
    value, at = node.held(0), node.held(1)
    shape, table = shape_of(value), node.known(1, "places")
    depth = table.shape[-1] if table.dim() else 0
    if node.integer("batch_dims", 0) or not 0 < depth <= len(shape):
        raise NotSayable("places of each example, or of axes that its input lacks")
    flat = torch.zeros(table.shape[:-1], dtype=torch.int64)
    for size, column in zip(shape, table.unbind(-1), strict=False):
        flat = flat * size + _places(column, size)
    if depth > 1:
        value = node.aten(A.reshape.default, value, [prod(shape[:depth]), *shape[depth:]])
    assert isinstance(at, StoredTensor)
    return _rows(node, value, at, flat)


def _scattered(node: OnnxNode) -> Results:
    """A table with other numbers at some places, which is computed: masks are made so.

    Maxima that are put back to where they were are written so, too.
    """
    placed = put_into_batch(node)
    if placed is not None:
        return placed
    held = [node.held(place) for place in range(3)]
    how, table = node.text("reduction", "none"), node.known(1, "places").long()
    if any(not isinstance(each, StoredTensor) or each.learned for each in held):
        return _with_rows(node, table, how)
    if how not in ("none", "add"):
        raise NotSayable("numbers that are joined with those there by more than a sum")
    at = [StoredTensor(each) for each in table.unbind(-1)]
    return node.aten(A.index_put.default, held[0], at, held[2], how == "add")


def _with_rows(node: OnnxNode, table: Tensor, how: str) -> Results:
    """Other numbers in rows that follow each other: what is before them, they, and what is after.

    A bias of which a part is 0, as in Swin Transformers of version 2, is written so.
    """
    value, size = node.held(0), node.shape()[0]
    first, count = int(table.reshape(-1)[0]), table.numel()
    in_order = torch.arange(first, first + count)
    if how != "none" or table.shape[1:] != (1,) or bool((table.reshape(-1) != in_order).any()):
        raise NotSayable("it writes into a part of a value", "make a new value of it")
    parts = [(0, first), (first + count, size)]
    before, behind = (
        [node.aten(A.slice.Tensor, value, 0, start, end, 1)] if start < end else []
        for start, end in parts
    )
    return node.aten(A.cat.default, [*before, node.held(2), *behind], 0)


def _gather(node: OnnxNode) -> Results:
    value, at, axis = node.held(0), node.held(1), node.integer("axis", 0)
    shape = shape_of(value)
    if not -len(shape) <= axis < len(shape):
        raise NotSayable("an axis that its input lacks")
    axis %= len(shape)
    if isinstance(at, fx.Node):
        if axis == 0 and len(shape) == 2 and isinstance(value, StoredTensor) and value.name:
            own = node.owned({"weight": value}, "embedding")
            return node.aten(A.embedding.default, own["weight"], at)
        raise NotSayable("places that are computed")
    size = shape[axis]
    table = _places(at.tensor, size)
    if _is_whole(node, table, shape):
        sizes = for_batch(node, shape, list(table.shape))
        return node.aten(A.reshape.default, value, sizes)
    if table.dim() == 0:
        return node.aten(A.select.int, value, axis, int(table))
    if not axis:
        return _rows(node, value, at, table)
    larger = patterns.enlarged(node, value, axis, table) if isinstance(value, fx.Node) else None
    if larger is not None:
        return larger
    return node.aten(A.index.Tensor, value, [None] * axis + [StoredTensor(table)])


def _split_to_list(node: OnnxNode) -> Results:
    """Parts as one value, of which `SequenceAt` takes one; the first stands in for all."""
    axis = node.integer("axis", 0)
    size = node.shape()[axis]
    if not node.integer("keepdims", 1):
        raise NotSayable("parts without their axis")
    given = node.whole(1, "sizes") if node.has(1) else (1,)
    parts = _parts(node, _equal(size, given[0]) if len(given) == 1 else given, axis)
    node.graph.lists[node.proto.output[0]] = parts
    return parts[0]


def _part_of_list(node: OnnxNode) -> Results:
    parts = node.graph.lists.get(node.proto.input[0], ())
    at = node.whole(1, "places")
    if len(at) != 1 or not -len(parts) <= at[0] < len(parts):
        raise NotSayable("a part of a list that isn't there")
    return parts[at[0]]


HANDLERS: Mapping[str, Handler] = {
    "Concat": _concat,
    "Split": _split,
    "SplitToSequence": _split_to_list,
    "SequenceAt": _part_of_list,
    "Slice": _slice,
    "Gather": _gather,
    "GatherND": _gather_several,
    "ScatterND": _scattered,
}
