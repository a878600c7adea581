"""Tensors of an ONNX file as PyTorch's, if they have as many numbers as their shapes say."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np
import onnx.helper
import torch
from onnx import TensorProto, ValueInfoProto, numpy_helper
from torch import Tensor

from netlang.backends.torch.importing.layouts import leaves
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = [
    "MOST_ELEMENTS", "dtype_of", "input_like", "of_its_own", "size_of", "tensor_of", "with_numbers",
]  # fmt: skip

MOST_ELEMENTS = 1 << 31
_TYPES: dict[int, torch.dtype] = {
    TensorProto.FLOAT: torch.float32,
    TensorProto.DOUBLE: torch.float64,
    TensorProto.FLOAT16: torch.float16,
    TensorProto.BFLOAT16: torch.bfloat16,
    TensorProto.INT8: torch.int8,
    TensorProto.INT16: torch.int16,
    TensorProto.INT32: torch.int32,
    TensorProto.INT64: torch.int64,
    TensorProto.UINT8: torch.uint8,
    TensorProto.BOOL: torch.bool,
}
# Where numbers stand that are no bytes, by type.
_FIELDS: dict[int, str] = {
    TensorProto.FLOAT: "float_data",
    TensorProto.DOUBLE: "double_data",
    TensorProto.INT64: "int64_data",
}

# The least and the most that stands in 32 bits for a number of a type with fewer.
_NARROW: dict[int, tuple[int, int]] = {
    TensorProto.FLOAT16: (0, (1 << 16) - 1),
    TensorProto.BFLOAT16: (0, (1 << 16) - 1),
    TensorProto.INT8: (-(1 << 7), (1 << 7) - 1),
    TensorProto.INT16: (-(1 << 15), (1 << 15) - 1),
    TensorProto.UINT8: (0, (1 << 8) - 1),
    TensorProto.BOOL: (0, 1),
}


def dtype_of(kind: int) -> torch.dtype:
    """The type with a number of ONNX. Raises `NotSayable`."""
    found = _TYPES.get(kind)
    if found is None:
        known = kind in TensorProto.DataType.values()
        name = TensorProto.DataType.Name(kind).lower() if known else f"type {kind}"
        raise NotSayable(f"numbers of {name}", "save the file in float32")
    return found


def size_of(tensor: TensorProto) -> int:
    """The bytes of a tensor in memory. Raises `ValueError`."""
    try:
        each = dtype_of(tensor.data_type).itemsize
    except NotSayable as error:
        raise ValueError(f"a tensor has {error.reason}") from None
    return _count(tensor) * each


def tensor_of(tensor: TensorProto) -> Tensor:
    """A tensor of its own memory. Raises `NotSayable` and `ValueError`."""
    dtype_of(tensor.data_type)
    count = _count(tensor)
    if tensor.HasField("raw_data"):
        there, wanted = len(tensor.raw_data), size_of(tensor)
    else:
        there, wanted = (
            len(getattr(tensor, _FIELDS.get(int(tensor.data_type), "int32_data"))),
            count,
        )
    if there != wanted:
        raise ValueError(f"a tensor of {list(tensor.dims)} has another number of elements")
    _require_narrow(tensor)
    numbers = numpy_helper.to_array(tensor)
    if tensor.data_type == TensorProto.BFLOAT16:  # NumPy has no such type: ONNX gives another one
        numbers = numbers.astype(np.float32)
    return torch.from_numpy(numbers.copy()).to(_TYPES[tensor.data_type]).reshape(tuple(tensor.dims))


def _require_narrow(tensor: TensorProto) -> None:
    """Raise `ValueError` for numbers of few bits that stand in 32 and have more: ONNX drops those.

    Floats of 16 bits stand there as their bits.
    """
    if tensor.int32_data and tensor.data_type in _NARROW:
        least, most = _NARROW[tensor.data_type]
        numbers = np.asarray(tensor.int32_data, np.int32)
        if numbers.min() < least or numbers.max() > most:
            raise ValueError(f"a tensor of {list(tensor.dims)[:8]} has numbers beyond its type")


def with_numbers(name: str, tensor: Tensor) -> TensorProto:
    """A tensor for a file."""
    return numpy_helper.from_array(tensor.detach().contiguous().numpy(), name)


def input_like(name: str, tensor: Tensor) -> ValueInfoProto:
    """An input of a graph, of the type and shape of a tensor."""
    kind = onnx.helper.np_dtype_to_tensor_dtype(tensor.numpy().dtype)
    return onnx.helper.make_tensor_value_info(name, kind, tensor.shape)


def of_its_own(found: Tensor, given: Iterable[Any]) -> Tensor:
    """What was computed, in memory that nothing `given` has; what was made anew is taken as it is.

    It may be all that there is memory for.
    """
    memory = found.untyped_storage()
    tensors = [each for each in leaves(given) if isinstance(each, Tensor)]
    shared = any(each.untyped_storage().data_ptr() == memory.data_ptr() for each in tensors)
    return found.clone() if shared or memory.nbytes() != found.nbytes else found


def _count(tensor: TensorProto) -> int:
    dims = tuple(tensor.dims)
    if any(size < 0 for size in dims) or len(dims) > 64 or prod(dims) > MOST_ELEMENTS:
        raise ValueError(f"a tensor of {list(dims)[:8]} can't be")
    return prod(dims)
