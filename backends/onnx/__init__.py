"""ONNX files from programs, written from the IR directly and never by tracing.

Importing this package imports neither onnx nor onnxruntime; using it does.
"""

from netlang.backends.onnx.exporter import export
from netlang.backends.onnx.form import HIGHEST_OPSET, LOWEST_OPSET, OPSET, Form
from netlang.backends.onnx.runtime import runtime

__all__ = ["Form", "HIGHEST_OPSET", "LOWEST_OPSET", "OPSET", "export", "runtime"]
