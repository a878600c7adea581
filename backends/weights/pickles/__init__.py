"""Files written by `torch.save`: inspected from outside, then read by torch."""

from netlang.backends.weights.pickles.checkpoint import (
    ENTRIES,
    is_tensor,
    read_pickled,
    stored_tensor,
)

__all__ = ["ENTRIES", "is_tensor", "read_pickled", "stored_tensor"]
