"""Tensors in, one tensor out, element by element; also constants and random tensors."""

from netlang.backends.onnx.lowering.elements import activation, constants, elementary, merge

__all__ = ["activation", "constants", "elementary", "merge"]
