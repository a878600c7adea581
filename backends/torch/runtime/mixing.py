"""Mixes each example with the one before: `B + 1` examples and targets in, `B` out.

`u` is float64 `[B, k]` in [0, 1) on the CPU, for the examples from the second on.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from netlang.backends.torch.runtime.color import per_example
from netlang.backends.torch.runtime.erasing import in_box

__all__ = ["beta", "cutmix", "is_mask", "mix_targets", "mixup", "one_hot", "paste"]


def beta(u: Tensor, alpha: float) -> Tensor:
    """Numbers distributed as Beta(alpha, alpha): its inverse CDF (by trapezoids) at `u`."""
    grid = np.linspace(0.0, 1.0, 2049)
    power = 1.0 / min(alpha, 1.0)
    half = grid**power / 2.0
    density = (2.0 * (1.0 - half) * (grid if alpha > 1.0 else 1.0)) ** (alpha - 1.0)
    steps = np.cumsum(density[1:] + density[:-1])
    cdf = np.concatenate([[0.0], steps / steps[-1] / 2.0])
    lower = np.interp(torch.minimum(u, 1.0 - u).numpy(), cdf, grid) ** power / 2.0
    return torch.where(u < 0.5, torch.from_numpy(lower), torch.from_numpy(1.0 - lower))


def one_hot(value: Tensor, classes: int) -> Tensor:
    """Class numbers `[B, ...]` as probabilities `[B, classes, ...]`."""
    return F.one_hot(value, classes).movedim(-1, 1).float()


def mix_targets(targets: Mapping[str, Tensor], share: Tensor, classes: int) -> dict[str, Tensor]:
    """`share` `[B]` of each target, the rest of the one before; classes become probabilities."""
    numbers = {
        name: value if value.is_floating_point() else one_hot(value, classes)
        for name, value in targets.items()
    }
    return {
        name: torch.lerp(value[:-1], value[1:], per_example(share, value))
        for name, value in numbers.items()
    }


def mixup(
    x: Tensor, targets: Mapping[str, Tensor], u: Tensor, alpha: float, classes: int = 0
) -> tuple[Tensor, dict[str, Tensor]]:
    """A share from Beta(alpha, alpha) of each, the rest of the one before; Zhang et al. 2017."""
    share = beta(u[:, 0], alpha)
    return torch.lerp(x[:-1], x[1:], per_example(share, x)), mix_targets(targets, share, classes)


def paste(x: Tensor, start: Tensor, stop: Tensor) -> Tensor:
    """Each example with a box of the one before, from `start` to before `stop`, `[B, axes]`."""
    return torch.where(in_box(x, start, stop), x[:-1], x[1:])


def is_mask(target: Tensor, x: Tensor) -> bool:
    """Whether a target has a value for each pixel of images (or place of signals) `x`."""
    axes = 2 if x.dim() == 4 else 1
    return target.dim() > axes and target.shape[-axes:] == x.shape[-axes:]


def cutmix(
    x: Tensor, targets: Mapping[str, Tensor], u: Tensor, alpha: float, classes: int = 0
) -> tuple[Tensor, dict[str, Tensor]]:
    """A box of each example is taken from the one before; Yun et al. 2019.

    The area outside the box is a share from Beta(alpha, alpha); the centre lies anywhere. Masks are
    cut alike, other targets are mixed by area.
    """
    sides = torch.tensor(x.shape[2:] or x.shape[1:])
    half = (0.5 * (1.0 - beta(u[:, :1], alpha)) ** (1.0 / len(sides)) * sides).floor()
    centre = (u[:, 1 : 1 + len(sides)] * sides).floor()
    start, stop = (centre - half).clamp_min(0.0), torch.minimum(centre + half, sides)
    share = 1.0 - (stop - start).prod(1) / sides.prod()
    masks = [name for name, value in targets.items() if is_mask(value, x)]
    cut = {name: paste(targets[name], start, stop) for name in masks}
    others = {name: value for name, value in targets.items() if name not in masks}
    return paste(x, start, stop), mix_targets(others, share, classes) | cut
