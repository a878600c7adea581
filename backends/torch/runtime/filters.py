"""Noise and blur of examples `x` by numbers `u`, float64 `[B, k]` in [0, 1) on the CPU."""

from __future__ import annotations

from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor

from netlang.backends.torch.runtime.random import mix

__all__ = ["blur", "noise", "random_bits"]


def random_bits(x: Tensor, u: Tensor, count: int) -> Tensor:
    """`count` random bits for each element of `x`, int64: a hash of its example's number `u`."""
    key = mix((u[:, 0] * 2.0**53).long()).to(x.device, non_blocking=True)
    bits = mix(key[:, None] + torch.arange(x[0].numel(), device=x.device)).view(x.shape)
    return (bits >> (64 - count)) & ((1 << count) - 1)


def noise(x: Tensor, u: Tensor, std: float) -> Tensor:
    """Add normal noise to each element; images stay within 0..1."""
    uniform = (random_bits(x, u, 23).to(x.dtype) + 0.5) * 2.0**-22 - 1.0
    noisy = x + std * sqrt(2.0) * torch.erfinv(uniform)
    return noisy.clamp(0.0, 1.0) if x.dim() == 4 else noisy


def blur(x: Tensor, u: Tensor, kernel: int, sigma: tuple[float, float] = (0.1, 2.0)) -> Tensor:
    """Gaussian blur with a deviation (in pixels) from a range; the borders are mirrored."""
    deviation = sigma[0] + (sigma[1] - sigma[0]) * u[:, :1]
    half = kernel // 2
    weights = torch.softmax(-0.5 * (torch.arange(-half, half + 1) / deviation) ** 2, 1).to(x.dtype)
    weights = weights.to(x.device, non_blocking=True).repeat_interleave(x.shape[1], 0)
    planes = F.pad(x, [half] * 4, mode="reflect").flatten(0, 1)[None]
    planes = F.conv2d(planes, weights[:, None, :, None], groups=len(weights))
    return F.conv2d(planes, weights[:, None, None, :], groups=len(weights)).view(x.shape)
