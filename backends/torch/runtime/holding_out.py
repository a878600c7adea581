"""Holds out examples of training to choose the best weights by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["held_out"]


def held_out(order: NDArray[np.int64], share: float, labels: NDArray[np.int64]) -> NDArray[np.bool]:
    """Which examples are held out, ``[n]``: of each class the first ones of `order`.

    `order` is a permutation. Each class gives its share, rounded so that all shares add up to that
    of the whole. At least one example of each class remains.
    """
    counts = np.bincount(labels)
    given = np.floor(share * counts).astype(np.int64)
    missing = max(round(share * len(order)) - int(given.sum()), 0)
    rest = np.where(given + 1 < counts, share * counts - given, -1.0)
    fullest = np.argsort(-rest, kind="stable")[:missing]
    given[fullest[rest[fullest] >= 0.0]] += 1
    place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order[np.argsort(labels[order], kind="stable")]] = place < np.repeat(given, counts)
    return chosen
