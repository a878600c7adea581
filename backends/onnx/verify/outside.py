"""The tensors of a stranger's file that lie in files beside it: what they take is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import onnx
from onnx import GraphProto, NodeProto, TensorProto, helper

from netlang.backends.onnx.limits import MOST, MOST_LARGE, too_many

__all__ = ["nodes_of", "require_room"]


def require_room(model: onnx.ModelProto, *, large: bool) -> None:
    """Raise `ValueError` for tensors beside the file that don't fit into memory at once.

    Each of them says its length afterwards: one that doesn't would have the rest of its file.
    """
    left = MOST_LARGE if large else MOST
    for tensor in _tensors_of(model):
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        told = {entry.key: entry.value for entry in tensor.external_data}
        length = told.get("length")
        if length is None:
            length = str(_bytes(tensor))
            tensor.external_data.add(key="length", value=length)
        if not length.isdecimal():
            raise ValueError(f"the length of `{tensor.name}` isn't a number")
        left -= int(length)
        if left < 0:
            raise ValueError(too_many(large))


def nodes_of(model: onnx.ModelProto) -> Iterator[NodeProto]:
    """Every node, also of functions and of graphs within nodes."""
    for graph in _graphs_of(model):
        yield from graph.node


def _graphs_of(model: onnx.ModelProto) -> Iterator[GraphProto | onnx.FunctionProto]:
    waiting: list[GraphProto | onnx.FunctionProto] = [model.graph, *model.functions]
    while waiting:
        graph = waiting.pop()
        yield graph
        for node in graph.node:
            waiting += [each.g for each in node.attribute if each.HasField("g")]
            waiting += [inner for each in node.attribute for inner in each.graphs]


def _tensors_of(model: onnx.ModelProto) -> Iterator[TensorProto]:
    for graph in _graphs_of(model):
        if isinstance(graph, GraphProto):
            yield from graph.initializer
        for node in graph.node:
            for each in node.attribute:
                yield from each.tensors
                if each.HasField("t"):
                    yield each.t


def _bytes(tensor: TensorProto) -> int:
    """The bytes of a tensor by its type and shape. Raises `ValueError` if there is none of them."""
    try:
        each = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    except KeyError:
        raise ValueError(f"`{tensor.name}` is of no known type") from None
    if min(tensor.dims, default=0) < 0:
        raise ValueError(f"`{tensor.name}` has a size below 0")
    return int(prod(tensor.dims) * each)
