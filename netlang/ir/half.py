"""What becomes of an operator of a float32 net in a file that computes in half precision."""

from __future__ import annotations

from enum import Enum
from typing import final

__all__ = ["InHalf"]


@final
class InHalf(Enum):
    """Whether it computes in half precision; if it stays in float32, the value says why.

    PyTorch's autocast, too, leaves sums, norms of layers and groups, exponentials and logarithms in
    float32: https://docs.pytorch.org/docs/stable/amp.html
    """

    GAINS = "it gains by half precision and loses little"
    MOVES = "it moves what is in float32"
    SUMS = "it adds up many elements"
    NORM = "it is a norm"
    CURVE = "its values go beyond the range"
    PLACES = "coordinates need more digits"
    RECURS = "what it loses adds up from step to step"
    TABLE = "it is computed once"
    UNKNOWN = "nothing is known about its operator"
