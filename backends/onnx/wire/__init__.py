"""Model files as bytes: their messages, and the data of the weights straight from memory."""

from netlang.backends.onnx.wire.file import INLINE_LIMIT, write_model
from netlang.backends.onnx.wire.tensor import LARGE, PHASES, Tensor

__all__ = ["INLINE_LIMIT", "LARGE", "PHASES", "Tensor", "write_model"]
