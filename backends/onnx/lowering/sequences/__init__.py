"""Sequences of vectors in, sequences out: what mixes positions."""

from netlang.backends.onnx.lowering.sequences import (
    attention,
    recurrent,
    scaled_attention,
)

__all__ = [
    "attention",
    "recurrent",
    "scaled_attention",
]
