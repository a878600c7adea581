"""How far two sets of features are apart, each taken for a normal distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["frechet_distance"]


def frechet_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """|m - n|^2 + tr(C + D - 2 (C D)^(1/2)) of means m, n and covariances C, D of features.

    `first` and `second` are features ``[count, features]``, of at least two examples each. Source:
    Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule, arXiv:1706.08500, eq. 6; the
    distance is that of Dowson, Landau 1982. There the features are those of Inception v3, so that
    numbers of other nets don't compare with it. Of few examples it comes out too large.
    """
    (mean, spread), (other, width) = (
        (each.mean(0), np.atleast_2d(np.cov(each, rowvar=False))) for each in (first, second)
    )
    # (C D)^(1/2) has the trace of (S D S)^(1/2) with S = C^(1/2), which is symmetric.
    values, vectors = np.linalg.eigh(spread)
    root = (vectors * np.sqrt(values.clip(0.0))) @ vectors.T
    crossed = np.linalg.eigvalsh(root @ width @ root)
    between = float(np.sqrt(crossed.clip(0.0)).sum())
    apart = float(np.square(mean - other).sum())
    return apart + float(np.trace(spread)) + float(np.trace(width)) - 2.0 * between
