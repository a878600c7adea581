"""Bounds of weights."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

__all__ = ["clip_weights"]


@torch.no_grad()
def clip_weights(weights: Iterable[nn.Parameter], bound: float) -> None:
    """Move every element into [-bound, bound]: Arjovsky et al. 2017, arXiv:1701.07875, alg. 1."""
    for weight in weights:
        weight.clamp_(-bound, bound)
