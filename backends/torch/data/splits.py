"""Holds out a share of the training examples for validation, drawn by the seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.data.sets import Examples
from netlang.backends.torch.runtime.holding_out import held_out
from netlang.backends.torch.runtime.random import epoch_order
from netlang.backends.torch.seeds import derived_seed

__all__ = ["split", "split_numbers"]

Numbers = NDArray[np.int64]


def split(examples: Examples, share: float, seed: int) -> tuple[Examples, Examples]:
    """The examples that remain for training and those held out, both in their original order.

    If the examples have classes, each class gives its share. `seed` is the recipe's.
    """
    kept, held = split_numbers(len(examples), share, examples.labels, seed)
    return examples.subset(kept), examples.subset(held)


def split_numbers(
    count: int, share: float, labels: Numbers | None, seed: int
) -> tuple[Numbers, Numbers]:
    """The numbers of the remaining and of the held-out examples, ascending."""
    order = epoch_order(derived_seed(seed, "validation"), 0, count)
    chosen = held_out(order, share, np.zeros(count, np.int64) if labels is None else labels)
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)
