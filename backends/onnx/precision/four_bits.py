"""Weights of linear maps in 4 bits: ONNX Runtime's MatMulNBits.

Each row of a weight is cut into blocks of 32, each with a scale: that which takes the number that
is furthest from 0 to -8. A number is stored as round(w / scale) + 8, from 0 to 15.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from onnx import helper, numpy_helper

from netlang.atomic import replace_file
from netlang.backends.onnx.graph import OF_RUNTIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["packed", "store_in_four_bits", "with_four_bits"]

BLOCK = 32
_ZERO, _MOST = 8, 15


def packed(weight: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """A weight [out, in] as bytes [out, blocks, 16] and scales [out, blocks]."""
    import numpy as np

    rows, columns = weight.shape
    blocks = -(-columns // BLOCK)
    wide = np.zeros((rows, blocks * BLOCK), np.float32)
    wide[:, :columns] = weight
    cut = wide.reshape(rows, blocks, BLOCK)
    furthest = np.abs(cut).argmax(2, keepdims=True)
    scales = np.take_along_axis(cut, furthest, 2) / np.float32(-_ZERO)
    divisor = np.where(scales == 0, np.float32(1), scales)
    numbers = np.clip(np.rint(cut / divisor) + _ZERO, 0, _MOST).astype(np.uint8)
    pairs = numbers[:, :, ::2] | numbers[:, :, 1::2] << 4
    return pairs, scales[:, :, 0].astype(weight.dtype)


def with_four_bits(model: onnx.ModelProto, kept: Collection[str]) -> list[str]:
    """Store the weights of the linear maps of a file in 4 bits; returns the names of the nodes.

    The nodes of the steps in `kept` stay as they are, and so do maps of fewer than 32 inputs.
    """
    graph = model.graph
    stored = {each.name: each for each in graph.initializer}
    nodes, changed = [], []
    for node in graph.node:
        weight = _weight(node, stored)
        if weight is None or node.name.split("/", 1)[0] in kept:
            nodes.append(node)
            continue
        nodes += _in_four_bits(node, weight, graph)
        changed.append(node.name)
    del graph.node[:]
    graph.node.extend(nodes)
    read = Counter(name for node in nodes for name in node.input)
    left = [each for each in graph.initializer if read[each.name]]
    del graph.initializer[:]
    graph.initializer.extend(left)
    if changed:
        model.opset_import.append(helper.make_opsetid(OF_RUNTIME, 1))
    return changed


def store_in_four_bits(path: Path, kept: Collection[str]) -> list[str]:
    """Rewrite a file so, with the names of the nodes in its metadata; returns these."""
    model = onnx.load(path)
    changed = with_four_bits(model, kept)
    facts = {each.key: each.value for each in model.metadata_props}
    facts["netlang.weights_in_4_bits"] = ", ".join(changed)
    helper.set_model_props(model, {key: text for key, text in facts.items() if text})
    replace_file(path, model.SerializeToString(deterministic=True), flushed=False)
    return changed


def _weight(node: onnx.NodeProto, stored: dict[str, onnx.TensorProto]) -> NDArray[Any] | None:
    """The weight [out, in] of a linear map; None of other nodes and of small maps."""
    if node.op_type not in ("MatMul", "Gemm") or node.input[1] not in stored:
        return None
    turned = any(each.name == "transB" and each.i for each in node.attribute)
    weight = numpy_helper.to_array(stored[node.input[1]])
    if weight.ndim != 2 or weight.dtype.kind != "f":
        return None
    weight = weight if turned else weight.T
    return weight if weight.shape[1] >= BLOCK else None


def _in_four_bits(
    node: onnx.NodeProto, weight: NDArray[Any], graph: onnx.GraphProto
) -> Iterator[onnx.NodeProto]:
    """The nodes that take the place of one."""
    numbers, scales = packed(weight)
    names = [f"{node.name}/4 bits", f"{node.name}/scales"]
    for name, values in zip(names, (numbers, scales), strict=True):
        graph.initializer.append(numpy_helper.from_array(values, name))
    has_bias = len(node.input) > 2
    made = f"{node.name}/product" if has_bias else node.output[0]
    out, columns = weight.shape
    yield helper.make_node(
        "MatMulNBits", [node.input[0], *names], [made], domain=OF_RUNTIME,
        name=f"{node.name}/product" if has_bias else node.name,
        K=columns, N=out, bits=4, block_size=BLOCK,
    )  # fmt: skip
    if has_bias:
        yield helper.make_node("Add", [made, node.input[2]], list(node.output), name=node.name)
