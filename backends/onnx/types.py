"""Element types of the IR as ONNX numbers them (TensorProto.DataType)."""

from __future__ import annotations

from netlang.ir.types import DType

__all__ = ["BYTES", "dtype_of", "element_type"]

_NUMBERS = {
    DType.FLOAT32: 1,
    DType.UINT8: 2,
    DType.INT32: 6,
    DType.INT64: 7,
    DType.BOOL: 9,
    DType.FLOAT16: 10,
    DType.FLOAT64: 11,
    DType.BFLOAT16: 16,
}


BYTES = _NUMBERS[DType.UINT8]
"""The type of pixels."""


def element_type(dtype: DType) -> int:
    """The number by which ONNX refers to `dtype`."""
    return _NUMBERS[dtype]


_DTYPES = {number: dtype for dtype, number in _NUMBERS.items()}


def dtype_of(number: int) -> DType | None:
    """The type that ONNX refers to by `number`; None for one that no value of a net has."""
    return _DTYPES.get(number)
