"""Pools that say where each maximum was, and maxima that are put back there.

ONNX counts these places through the whole tensor, and PyTorch within each channel. A file that has
PyTorch's takes the remainder by the size of a channel, or subtracts the place of the channel's
first element, which a pool of one element has given. It writes values to them in zeros, within each
channel or, with what was subtracted added again, through the whole batch; Zeiler, Fergus 2013,
arXiv:1311.2901.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, final

import torch
from torch import Tensor, fx

from netlang.backends.onnx.importing.graph import Held, StoredTensor
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results, shape_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.records import Record, values_of

__all__ = [
    "HANDLERS", "PoolWindow", "is_place", "place_in_channel", "places_in_batch", "place_less_first",
    "pool_with_places", "put_into_batch",
]  # fmt: skip

_POOLS = {
    1: A.max_pool1d_with_indices.default,
    2: A.max_pool2d_with_indices.default,
    3: A.max_pool3d_with_indices.default,
}
# In the `meta` of places, the number of those that a channel has; of places through a whole batch,
# those that they are within each channel.
_CHANNEL, _WITHIN = "channel", "within"
# What leaves the order of places as it is.
_SHAPING = {"Reshape", "Flatten", "Unsqueeze", "Squeeze", "Transpose", "Concat", "Identity"}
_REFUSED = "places of maxima that aren't counted within a channel"


@final
class PoolWindow(Record):
    """The window of a pool, in the order of PyTorch's arguments."""

    kernel: Sequence[int]
    stride: Sequence[int]
    pad: Sequence[int]
    dilation: Sequence[int]
    ceil: bool


def pool_with_places(node: OnnxNode, value: Held, window: PoolWindow) -> Results:
    """A pool and its places, which stand for ONNX's.

    They are read only by what makes those within a channel of them.
    """
    kernel = window.kernel
    plain = value is node.held(0) and not node.integer("storage_order", 0)
    if len(kernel) not in _POOLS or not (plain and _are_understood(node, kernel)):
        raise NotSayable(_REFUSED)
    maxima, places = node.aten_parts(_POOLS[len(kernel)], value, *values_of(window))
    assert isinstance(places, fx.Node)
    places.meta[_CHANNEL] = prod(shape_of(value)[2:])
    return maxima, places


def _are_understood(node: OnnxNode, kernel: Sequence[int]) -> bool:
    name = node.proto.output[1]
    kinds = _kinds(node, name)
    if kinds == {"Slice"} and set(kernel) == {1}:
        return all(_kinds(node, each.output[0]) == {"Sub"} for each in node.readers[name])
    return kinds in ({"Mod"}, {"Sub"})


def _kinds(node: OnnxNode, name: str) -> set[str]:
    """The operators that read a value, and "" for the end of the net."""
    readers = node.readers.get(name, ())
    return {*(each.op_type for each in readers), *([""] if node.uses[name] > len(readers) else [])}


def is_place(held: Held) -> bool:
    """Whether it is where maxima were."""
    return isinstance(held, fx.Node) and _CHANNEL in held.meta


def place_in_channel(node: OnnxNode) -> Results:
    """PyTorch's places, which are those that stand for ONNX's from the beginning."""
    places = node.held(0)
    if not isinstance(places, fx.Node) or node.single(node.held(1)) != places.meta[_CHANNEL]:
        raise NotSayable(_REFUSED)
    return places


def place_less_first(node: OnnxNode) -> Results | None:
    """PyTorch's places, as a difference from the first one of a channel; None for another one."""
    places, first = node.held(0), _uncut(node.held(1))
    if not is_place(places) and first is None:
        return None
    if not isinstance(places, fx.Node) or not is_place(places) or first is None:
        raise NotSayable(_REFUSED)
    pool, single = _pool_of(places), _pool_of(first)
    alone = {size for each in single.args[1:3] for size in each} == {1}
    rank = len(shape_of(places)) - 2
    if (
        pool.args[0] is not single.args[0]
        or not alone
        or shape_of(node.held(1)) != (*shape_of(places)[:2], *(1,) * rank)
    ):
        raise NotSayable(_REFUSED)
    return places


def _pool_of(places: fx.Node) -> Any:
    return places.args[0]


def _uncut(held: Held) -> fx.Node | None:
    """The places of which the first ones are taken along some axes; None for other values."""
    value: Any = held
    while isinstance(value, fx.Node) and value.target is A.slice.Tensor and value.args[2] == 0:
        value = value.args[0]
    return value if isinstance(value, fx.Node) and is_place(value) else None


def places_in_batch(node: OnnxNode) -> Results | None:
    """Places through a whole batch to which values are written; None for another sum."""
    for value, more in ((node.held(0), node.held(1)), (node.held(1), node.held(0))):
        places = _unshaped(value)
        if places is None or not isinstance(more, StoredTensor):
            continue
        if _are_firsts(node, places, more.tensor, len(shape_of(value))):
            if not _only_written_to(node, node.proto.output[0]):
                raise NotSayable(_REFUSED)
            found = node.aten(A.reshape.default, value, list(shape_of(value)))
            assert isinstance(found, fx.Node)
            found.meta[_WITHIN] = places
            return found
    return None


def _are_firsts(node: OnnxNode, places: fx.Node, table: Tensor, rank: int) -> bool:
    """Whether a table has the place of the first element of each channel of each example."""
    batch, channels = shape_of(places)[:2]
    own = batch if node.batch is None else node.batch
    if tuple(table.shape) != (own, channels, *(1,) * (rank - 2)):
        return False
    wanted = torch.arange(own * channels) * places.meta[_CHANNEL]
    return bool((table.reshape(-1) == wanted).all())


def _only_written_to(node: OnnxNode, name: str) -> bool:
    """Whether all that reads places are nodes that write to them, and what asks for their shape."""
    readers = node.readers.get(name, ())
    return node.uses[name] == len(readers) and all(
        each.op_type == "Shape"
        or (each.op_type == "ScatterND" and list(each.input).index(name) == 1)
        or (each.op_type in _SHAPING and _only_written_to(node, each.output[0]))
        for each in readers
    )


def put_into_batch(node: OnnxNode) -> Results | None:
    """Values that are written to places through a whole batch, in zeros; None for others."""
    empty, rows, values = (node.held(place) for place in range(3))
    flat: Any = rows
    while _is_shaped(flat):
        flat = flat.args[0]
    if not isinstance(flat, fx.Node) or _WITHIN not in flat.meta:
        return None
    places = flat.meta[_WITHIN]
    batch, channels = shape_of(places)[:2]
    count, own = prod(shape_of(places)), batch if node.batch is None else node.batch
    fits = shape_of(rows) == (count, 1) and shape_of(values) == (count,)
    whole = shape_of(empty) == (own * channels * places.meta[_CHANNEL],)
    if not (fits and whole and _is_zero(empty)) or node.text("reduction", "none") != "none":
        raise NotSayable("each element written to a place of its own", "compute it by a mask")
    return _put_back(node, values, places, [batch * channels * places.meta[_CHANNEL]])


def _written(node: OnnxNode) -> Results:
    """Values that are written to the places of maxima, in zeros."""
    empty, rows, values = (node.held(place) for place in range(3))
    places = _unshaped(rows)
    last = node.integer("axis", 0) in (2, -1) and len(shape_of(empty)) == 3
    alike = shape_of(rows) == shape_of(values) and node.text("reduction", "none") == "none"
    if places is None or not (last and alike and _is_zero(empty)):
        raise NotSayable("each element written to a place of its own", "compute it by a mask")
    if shape_of(empty) != (*shape_of(places)[:2], places.meta[_CHANNEL]):
        raise NotSayable("maxima that are put back into another size")
    return _put_back(node, values, places, list(shape_of(empty)))


def _put_back(node: OnnxNode, values: Held, places: fx.Node, shape: list[int]) -> Results:
    """Maxima at places within the input of the pool that gave them, as a value of a shape."""
    pool = _pool_of(places)
    size = list(shape_of(pool.args[0])[2:])
    image = [*shape_of(places), *([1] if len(size) == 1 else [])]
    maxima = node.aten(A.reshape.default, values, image)
    if len(size) == 1:
        # PyTorch has it for a signal as an image of width 1, whose places are the same.
        placed = node.aten(A.reshape.default, places, image)
        found = node.aten(A.max_unpool2d.default, maxima, placed, [*size, 1])
    elif len(size) == 2:
        found = node.aten(A.max_unpool2d.default, maxima, places, size)
    else:
        found = node.aten(A.max_unpool3d.default, maxima, places, size, *pool.args[2:4])
    return node.aten(A.reshape.default, found, shape)


def _unshaped(held: Held) -> fx.Node | None:
    """The places that stand in another shape for each channel; None for another value."""
    places: Any = held
    while _is_shaped(places):
        places = places.args[0]
    return places if is_place(places) and shape_of(held)[:2] == shape_of(places)[:2] else None


def _is_shaped(held: Any) -> bool:
    """Whether a value is another one in another shape, and no places through a whole batch."""
    shaped = isinstance(held, fx.Node) and held.target is A.reshape.default
    return shaped and _WITHIN not in held.meta


def _is_zero(held: Held) -> bool:
    """Whether every number of a table is 0."""
    if isinstance(held, StoredTensor):
        return not held.learned and not held.tensor.any()
    return held.meta.get("number") == 0


HANDLERS: Mapping[str, Handler] = {
    "ScatterElements": _written,
}
