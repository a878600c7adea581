"""Vectors in, vectors out: what mixes or scales the features of each position."""

from netlang.backends.onnx.lowering.features import linear, norm, tensor

__all__ = ["linear", "norm", "tensor"]
