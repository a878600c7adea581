"""Files written by `torch.save`: inspected from outside, then read by torch."""

from netlang.backends.weights.pickles.checkpoint import (
    ENTRIES,
    is_tensor,
    read_pickled,
    stored_tensor,
)
from netlang.backends.weights.pickles.facts import numbers_told, pickled_metadata, told_in

__all__ = [
    "ENTRIES", "is_tensor", "numbers_told", "pickled_metadata", "read_pickled", "stored_tensor",
    "told_in",
]  # fmt: skip
