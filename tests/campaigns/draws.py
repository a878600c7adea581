"""Random draws that two modules make alike, in whatever order and form they come.

While it lasts, what is drawn depends on the number of elements alone: each draw starts from a seed
of its own. That covers dropout of every kind, stochastic depth and samples from a normal
distribution. Torch draws the dropout inside its recurrent layers and its attention where Python
can't reach: `quiet` sets their probability to 0, as `same_draws` does for attention without a
module, and the rebuilt network leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

__all__ = ["quiet", "same_draws"]


def _uniform(x: Tensor) -> Tensor:
    generator = Generator().manual_seed(x.numel())
    return torch.rand(x.numel(), dtype=torch.float64, generator=generator).view(x.shape)


def _dropout(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    if not training:
        return x
    kept = (_uniform(x) >= p).to(x.dtype)
    return x * kept if p == 1 else x * kept / (1 - p)


def _bernoulli(x: Tensor, p: float = 0.5) -> Tensor:
    return x.copy_(_uniform(x) < p)


_real_attention = functional.scaled_dot_product_attention


def _attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    **more: Any,
) -> Tensor:
    return _real_attention(q, k, v, attn_mask, 0.0, is_causal, **more)


def _randn_like(x: Tensor) -> Tensor:
    generator = Generator().manual_seed(13)
    return torch.randn(x.shape, dtype=torch.float64, generator=generator).to(x.dtype)


@contextmanager
def same_draws() -> Iterator[None]:
    """Draws that depend on nothing but how many elements there are."""
    with (
        patch.object(functional, "dropout", _dropout),
        patch.object(functional, "scaled_dot_product_attention", _attention),
        patch.object(Tensor, "bernoulli_", _bernoulli),
        patch.object(torch, "randn_like", _randn_like),
    ):
        yield


def quiet(module: nn.Module) -> None:
    """No dropout where it can't be drawn alike."""
    for each in module.modules():
        if isinstance(each, nn.RNNBase | nn.MultiheadAttention):
            each.dropout = 0.0
