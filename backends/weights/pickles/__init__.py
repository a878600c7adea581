"""Files written by `torch.save`: inspected from outside, then read by torch."""

from netlang.backends.weights.pickles.checkpoint import (
    ENTRIES,
    is_tensor,
    read_pickled,
    stored_tensor,
)
from netlang.backends.weights.pickles.facts import (
    numbers_told,
    pickled_metadata,
    step_of,
    told_in,
)

__all__ = [
    "ENTRIES", "is_tensor", "numbers_told", "pickled_metadata", "read_pickled", "step_of",
    "stored_tensor", "told_in",
]  # fmt: skip
