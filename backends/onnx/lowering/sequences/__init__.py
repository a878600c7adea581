"""Sequences of vectors in, sequences out: what mixes positions."""

from netlang.backends.onnx.lowering.sequences import (
    attention,
    cosine_window_attention,
    multi_axis_attention,
    recurrent,
    scaled_attention,
    window_attention,
)

__all__ = [
    "attention",
    "cosine_window_attention",
    "multi_axis_attention",
    "recurrent",
    "scaled_attention",
    "window_attention",
]
