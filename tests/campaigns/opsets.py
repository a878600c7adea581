"""The opset that a trial writes its ONNX file at: the default mostly, else any that is supported.

Most nodes are the same at every opset, so that a trial at another one says as much of them; what
differs needs an operator and an opset to meet, which would be rare if other opsets were. The
lowest one has most of these, since what it lacks is written as several nodes: it is drawn more
often.
"""

from __future__ import annotations

from random import Random

from netlang.backends.onnx import HIGHEST_OPSET, LOWEST_OPSET, OPSET

__all__ = ["opset_of"]

DEFAULT = 0.5
"""The share of trials that are at the default at once; the others may draw it too."""
LOWEST = 0.5
"""The share of the others that are at the lowest at once."""


def opset_of(number: int) -> int:
    """The opset of a trial, the same each time; no draw of the generator depends on it."""
    draw = Random(f"opset {number}")
    if draw.random() < DEFAULT:
        return OPSET
    return LOWEST_OPSET if draw.random() < LOWEST else draw.randint(LOWEST_OPSET, HIGHEST_OPSET)
