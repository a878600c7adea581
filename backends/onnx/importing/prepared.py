"""Brings a model to the form that is read: without functions of its own, in float32, unpacked.

Functions are put where they are called. Numbers of float16 and bfloat16 become float32, in tensors,
values and conversions, so that what the file is compared as computes in float32 too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import onnx.inliner
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

from netlang.backends.onnx.importing.reading.long import LongTensors, ReadModel
from netlang.backends.onnx.importing.tensors import tensor_of, with_numbers
from netlang.backends.onnx.importing.unpacked import unpacked
from netlang.backends.torch.importing.foreign import said_by
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["MOST_INLINED", "halves_in", "prepared"]

MOST_INLINED = 20_000
"""Nodes that functions may come to. One that calls another twice, and so on, grows as 2^n."""
_HALVES = {TensorProto.FLOAT16: "float16", TensorProto.BFLOAT16: "bfloat16"}


def prepared(read: ReadModel) -> tuple[ReadModel, tuple[str, ...]]:
    """The model, and notes of what was changed. Raises `NotSayable`."""
    model, long = read.model, read.long
    notes: tuple[str, ...] = ()
    if model.functions:
        _refuse_growth(model)
        try:
            model = onnx.inliner.inline_local_functions(model)
        except Exception as error:  # the C++ part of ONNX has no class of its own for errors
            reason = f"its functions can't be put in place: {said_by(error)[:200]}"
            raise NotSayable(reason) from None
    halves = halves_in(model)
    if halves:
        model = _in_float32(model, long)
        words = " and ".join(halves)
        notes = (
            f"it has numbers of {words}: the spec, its weights and the comparison are in float32",
        )
    return unpacked(ReadModel(model, long)), notes


def _refuse_growth(model: ModelProto) -> None:
    """Refuse functions that call each other in a circle, or come to too many nodes."""
    by_name = {(each.domain, each.name, each.overload): each for each in model.functions}
    sizes: dict[tuple[str, ...], int] = {}

    def size(called: NodeProto, open_ones: tuple[tuple[str, ...], ...]) -> int:
        key = (called.domain, called.op_type, called.overload)
        if key in open_ones or len(open_ones) > 100:
            raise NotSayable("its functions call each other in a circle, or too deep")
        if key in by_name and key not in sizes:
            body = _nodes(by_name[key].node)
            sizes[key] = sum(size(each, (*open_ones, key)) for each in body)
        return sizes.get(key, 1)

    if sum(size(each, ()) for each in _nodes(model.graph.node)) > MOST_INLINED:
        raise NotSayable(f"its functions come to more than {MOST_INLINED:,} nodes")


def _nodes(nodes: Iterable[NodeProto]) -> Iterator[NodeProto]:
    """These nodes, and those of the graphs in their attributes."""
    for node in nodes:
        yield node
        for graph in _within(node):
            yield from _nodes(graph.node)


def _graphs(graph: GraphProto) -> Iterator[GraphProto]:
    yield graph
    for node in graph.node:
        for each in _within(node):
            yield from _graphs(each)


def _within(node: NodeProto) -> Iterator[GraphProto]:
    """The graphs in the attributes of a node."""
    for attribute in node.attribute:
        yield from attribute.graphs
        if attribute.HasField("g"):
            yield attribute.g


def halves_in(model: ModelProto) -> tuple[str, ...]:
    """The types of 16 bits that values or tensors of a model are of."""
    graphs = list(_graphs(model.graph))
    values = (each for graph in graphs for each in (*graph.input, *graph.output, *graph.value_info))
    kinds = {each.type.tensor_type.elem_type for each in values}
    kinds |= {each.data_type for graph in graphs for each in _tensors(graph)}
    return tuple(word for kind, word in _HALVES.items() if kind in kinds)


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    yield from _constants(graph)


def _constants(graph: GraphProto) -> Iterator[TensorProto]:
    """The tensors in the attributes of nodes."""
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR:
                yield attribute.t


def _in_float32(model: ModelProto, long: LongTensors) -> ModelProto:
    changed = ModelProto()
    changed.CopyFrom(model)
    for graph in _graphs(changed.graph):
        for value in (*graph.input, *graph.output, *graph.value_info):
            if value.type.tensor_type.elem_type in _HALVES:
                value.type.tensor_type.elem_type = TensorProto.FLOAT
        of_graph = graph is changed.graph
        for tensor in graph.initializer:
            if tensor.data_type in _HALVES and of_graph:
                tensor.CopyFrom(long.named(tensor.name, long.of(tensor).float()))
        for tensor in _constants(graph) if of_graph else _tensors(graph):
            if tensor.data_type in _HALVES:
                tensor.CopyFrom(with_numbers(tensor.name, tensor_of(tensor).float()))
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.name in ("to", "dtype", "stash_type") and attribute.i in _HALVES:
                    attribute.i = TensorProto.FLOAT
    return changed
