"""The operators that hand on their input when deployed."""

from __future__ import annotations

from netlang.ops.dropout import Dropout, StochasticDepth
from netlang.ops.identity import Identity

__all__ = ["IDLE"]

IDLE = (Dropout, StochasticDepth, Identity)
"""Their output is their input, but for what training leaves out at random."""
