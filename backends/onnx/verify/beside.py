"""Models whose tensors are too many for one file, as ONNX Runtime takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import onnx
from onnx import TensorProto, numpy_helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

__all__ = ["with_long_ones_beside"]

_INSIDE = 1 << 30
"""Bytes of tensors that ONNX Runtime is given in the file itself; a file has up to 2 GiB."""
_LONG = 1 << 16
"""Bytes of a tensor that is given beside the file, if all are more than these."""

_TYPES = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)
"""Of numbers that NumPy has, too."""


def with_long_ones_beside(model: onnx.ModelProto) -> tuple[onnx.ModelProto, dict[str, Array]]:
    """A copy of a model, and the numbers of its long tensors, which it lacks if all are too many.

    Only those that NumPy has a type for.
    """
    copy = onnx.ModelProto()
    if sum(map(_bytes, model.graph.initializer)) <= _INSIDE:
        copy.CopyFrom(model)
        return copy, {}
    copy.ir_version = model.ir_version
    copy.opset_import.extend(model.opset_import)
    copy.functions.extend(model.functions)
    graph, whole = copy.graph, model.graph
    graph.name = whole.name
    for field in ("node", "input", "output", "value_info"):
        getattr(graph, field).extend(getattr(whole, field))
    beside = {}
    for tensor in whole.initializer:
        if _bytes(tensor) < _LONG or tensor.data_type not in _TYPES:
            graph.initializer.append(tensor)
            continue
        beside[tensor.name] = numpy_helper.to_array(tensor)
        kind = tensor.data_type
        made = graph.initializer.add(name=tensor.name, data_type=kind, dims=tensor.dims)
        made.data_location = TensorProto.EXTERNAL
        made.external_data.add(key="location", value="memory")
    return copy, beside


def _bytes(tensor: TensorProto) -> int:
    return len(tensor.raw_data) or tensor.ByteSize()
