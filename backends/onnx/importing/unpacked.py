"""Takes packed weights of recurrent layers apart, into tensors with PyTorch's names and order.

ONNX has the gates of an LSTM in the order i, o, f, c, and of a GRU z, r, h; PyTorch i, f, g, o and
r, z, n. The file's own tensor is put together again from the parts, so that it computes the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor

from netlang.backends.onnx.importing.names import scope_of
from netlang.backends.onnx.importing.reading.long import ReadModel

__all__ = ["unpacked"]

# For each gate of PyTorch's, its place in ONNX.
_ORDER = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}


def unpacked(read: ReadModel) -> ReadModel:
    """The model, whose recurrent nodes have tensors of several parts; itself if there are none."""
    model, long = read.model, read.long
    stored = {each.name: each for each in model.graph.initializer}
    if not any(_packed(node, stored) for node in model.graph.node):
        return read
    changed = ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    nodes, labels = list[NodeProto](), list[str]()
    for node in graph.node:
        if _packed(node, stored):
            label = scope_of(node.name) or f"{node.op_type.lower()}{len(labels) + 1}"
            if label in labels:  # a further layer of one module
                label = f"{label}_{len(labels) + 1}"
            labels.append(label)
            for place, name in enumerate(list(node.input)[1:4], start=1):
                if name:
                    parts = dict(_parts(long.of(stored[name]), place, label, node.op_type))
                    graph.initializer.extend(long.named(*each) for each in parts.items())
                    made = f"{label}.packed{place}"
                    nodes += _joined(parts, made, node.op_type, stored[name])
                    node.input[place] = made
        nodes.append(node)
    copies = [NodeProto.FromString(each.SerializeToString()) for each in nodes]
    del graph.node[:]
    graph.node.extend(copies)
    return ReadModel(changed, long)


def _packed(node: NodeProto, stored: Mapping[str, TensorProto]) -> bool:
    """Whether a recurrent node has weights of the file: [D, rows, F], [D, rows, H], [D, 2 rows]."""
    names = list(node.input)[1:4]
    if node.op_type not in _ORDER or len(names) < 2 or any(n and n not in stored for n in names):
        return False
    gates = len(_ORDER[node.op_type])
    shapes = [tuple(stored[name].dims) for name in names if name]
    ranks = [len(shape) for shape in shapes]
    whole = ranks in ([3, 3], [3, 3, 2]) and all(shape[0] in (1, 2) for shape in shapes)
    return whole and all(
        shape[1] % (gates * (2 if len(shape) == 2 else 1)) == 0 for shape in shapes
    )


def _parts(tensor: Tensor, place: int, label: str, op: str) -> Iterator[tuple[str, Tensor]]:
    """The names of the parts of a packed tensor, and their numbers in PyTorch's order."""
    words = {1: ["weight_ih"], 2: ["weight_hh"], 3: ["bias_ih", "bias_hh"]}[place]
    for each, end in zip(tensor, ("", "_reverse"), strict=False):
        for word, part in zip(words, each.chunk(len(words)), strict=True):
            gates = part.chunk(len(_ORDER[op]))
            yield f"{label}.{word}_l0{end}", torch.cat([gates[n] for n in _ORDER[op]])


def _joined(
    parts: Mapping[str, Tensor],
    made: str,
    op: str,
    whole: TensorProto,
) -> Iterator[NodeProto]:
    """Nodes that give a packed tensor of its parts again."""
    order, turned = _ORDER[op], []
    for name, part in parts.items():
        size = len(part) // len(order)
        rows = np.concatenate([np.arange(size) + size * order.index(n) for n in range(len(order))])
        yield helper.make_node(
            "Constant", [], [f"_{name}_rows"], value=numpy_helper.from_array(rows)
        )
        yield helper.make_node("Gather", [name, f"_{name}_rows"], [f"{name}_turned"], axis=0)
        turned.append(f"{name}_turned")
    shape = numpy_helper.from_array(np.asarray(whole.dims, np.int64))
    yield helper.make_node("Concat", turned, [f"{made}_flat"], axis=0)
    yield helper.make_node("Constant", [], [f"_{made}_shape"], value=shape)
    yield helper.make_node("Reshape", [f"{made}_flat", f"_{made}_shape"], [made])
