"""Pools that say where each maximum was, and maxima that are put back there.

ONNX counts these places through the whole tensor, and PyTorch within each channel. A file that has
PyTorch's takes the remainder by the size of a channel, and writes values to them in zeros; Zeiler,
Fergus 2013, arXiv:1311.2901.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from torch import fx

from netlang.backends.onnx.importing.graph import Held, StoredTensor
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results, shape_of
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["HANDLERS", "is_place", "place_in_channel", "pool_with_places"]

_POOLS = {2: A.max_pool2d_with_indices.default, 3: A.max_pool3d_with_indices.default}
# In the `meta` of places, the number of those that a channel has.
_CHANNEL = "channel"


def pool_with_places(
    node: OnnxNode,
    value: Held,
    kernel: Sequence[int],
    stride: Sequence[int],
    pad: Sequence[int],
    dilation: Sequence[int],
    ceil: bool,
) -> Results:
    """A pool and its places, of which only the remainder by the size of a channel is read."""
    readers, uses = node.readers_of(1), node.uses[node.proto.output[1]]
    plain = value is node.held(0) and not node.integer("storage_order", 0)
    alone = len(readers) == uses and {each.op_type for each in readers} == {"Mod"}
    if len(kernel) not in _POOLS or not (plain and alone):
        raise NotSayable("places of maxima that aren't counted within a channel")
    args = (value, kernel, stride, pad, dilation, ceil)
    maxima, places = node.aten_parts(_POOLS[len(kernel)], *args)
    assert isinstance(places, fx.Node)
    places.meta[_CHANNEL] = prod(shape_of(value)[2:])
    return maxima, places


def is_place(held: Held) -> bool:
    """Whether it is where maxima were."""
    return isinstance(held, fx.Node) and _CHANNEL in held.meta


def place_in_channel(node: OnnxNode) -> Results:
    """PyTorch's places, which are those that stand for ONNX's from the beginning."""
    places = node.held(0)
    if not isinstance(places, fx.Node) or node.single(node.held(1)) != places.meta[_CHANNEL]:
        raise NotSayable("places of maxima that aren't counted within a channel")
    return places


def _written(node: OnnxNode) -> Results:
    """Values that are written to the places of maxima, in zeros."""
    empty, rows, values = (node.held(place) for place in range(3))
    places = _unrolled(rows)
    last = node.integer("axis", 0) in (2, -1) and len(shape_of(empty)) == 3
    alike = shape_of(rows) == shape_of(values) and node.text("reduction", "none") == "none"
    if places is None or not (last and alike and _is_zero(node, empty)):
        raise NotSayable("each element written to a place of its own", "compute it by a mask")
    pool: Any = places.args[0]
    size = list(shape_of(pool.args[0])[2:])
    if shape_of(empty) != (*shape_of(places)[:2], prod(size)):
        raise NotSayable("maxima that are put back into another size")
    maxima = node.aten(A.reshape.default, values, list(shape_of(places)))
    if len(size) == 2:
        found = node.aten(A.max_unpool2d.default, maxima, places, size)
    else:
        found = node.aten(A.max_unpool3d.default, maxima, places, size, *pool.args[2:4])
    return node.aten(A.reshape.default, found, list(shape_of(empty)))


def _unrolled(rows: Any) -> fx.Node | None:
    """The places that were put in one axis for each channel; None for another value."""
    if not isinstance(rows, fx.Node) or rows.target is not A.reshape.default:
        return None
    places: Any = rows.args[0]
    same = is_place(places) and shape_of(rows)[:2] == shape_of(places)[:2]
    return places if same and len(shape_of(rows)) == 3 else None


def _is_zero(node: OnnxNode, held: Held) -> bool:
    """Whether every number of a table is 0."""
    if isinstance(held, StoredTensor):
        return not held.learned and not held.tensor.any()
    return held.meta.get("number") == 0


HANDLERS: Mapping[str, Handler] = {
    "ScatterElements": _written,
}
