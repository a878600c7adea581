"""Noise and blur for examples `x`, by numbers `u`, float64 `[B, k]` in [0, 1) on the CPU."""

from __future__ import annotations

from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor

from netlang.backends.torch.runtime.random import mix

__all__ = ["blur", "noise", "random_bits"]


def random_bits(x: Tensor, u: Tensor) -> Tensor:
    """A signed whole number of 24 bits for each element of `x`: a hash of its example's `u`."""
    key = mix((u[:, 0] * 2.0**53).long()).to(x.device, non_blocking=True)
    count = x[0].numel()
    pairs = mix(key[:, None] + torch.arange((count + 1) // 2, device=x.device))
    return (pairs.view(torch.int32)[:, :count] >> 8).reshape(x.shape)


def noise(x: Tensor, u: Tensor, std: float) -> Tensor:
    """Add normal noise to each element; images stay within 0..1."""
    noisy = x + std * sqrt(2.0) * torch.erfinv((random_bits(x, u) + 0.5) * 2.0**-23)
    return noisy.clamp(0.0, 1.0) if x.dim() == 4 else noisy


def blur(x: Tensor, u: Tensor, kernel: int, sigma: tuple[float, float] = (0.1, 2.0)) -> Tensor:
    """Gaussian blur with a deviation (in pixels) from a range; the borders are mirrored.

    The kernel reaches no further than the image.
    """
    deviation = sigma[0] + (sigma[1] - sigma[0]) * u[:, :1]
    half = min(kernel // 2, x.shape[2] - 1, x.shape[3] - 1)
    weights = torch.softmax(-0.5 * (torch.arange(-half, half + 1) / deviation) ** 2, 1).to(x.dtype)
    weights = weights.to(x.device, non_blocking=True).repeat_interleave(x.shape[1], 0)
    planes = F.pad(x, [half] * 4, mode="reflect").flatten(0, 1)[None]
    planes = F.conv2d(planes, weights[:, None, :, None], groups=len(weights))
    return F.conv2d(planes, weights[:, None, None, :], groups=len(weights)).reshape(x.shape)
