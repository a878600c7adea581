"""Automatic policies: random operations on images `x`, float32 `[B, C, H, W]` in 0..1.

They work on whole grey levels, 0 to 255; each operation is torchvision's definition for uint8. `u`
is float64 `[B, k]` in [0, 1) on the CPU. An operation is applied at once to all examples that drew
it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from netlang.backends.torch.runtime.color import luma, replace_

__all__ = [
    "autocontrast", "blend", "brighten", "change_levels", "contrast", "equalize", "move",
    "posterize", "rand_augment", "saturate", "sharpen", "solarize", "trivial_augment",
]  # fmt: skip


def blend(x: Tensor, other: Tensor | float, factor: Tensor) -> Tensor:
    """From `other` (0) over `x` (1) and beyond, in whole grey levels."""
    return (other + factor * (x - other)).clamp(0.0, 255.0).floor()


def brighten(x: Tensor, factor: Tensor) -> Tensor:
    """From black (0) over the image itself (1) to brighter."""
    return blend(x, 0.0, factor)


def saturate(x: Tensor, factor: Tensor) -> Tensor:
    """From grey (0) over the image itself (1) to stronger colours."""
    return x if x.shape[1] == 1 else blend(x, luma(x).floor(), factor)


def contrast(x: Tensor, factor: Tensor) -> Tensor:
    """From the mean grey (0) over the image itself (1) to more contrast."""
    return blend(x, luma(x).floor().mean((1, 2, 3), keepdim=True), factor)


def sharpen(x: Tensor, factor: Tensor) -> Tensor:
    """From smoothed (0) over the image itself (1) to sharper; the border is unchanged."""
    inner = x[:, :, 1:-1, 1:-1]
    if inner.numel():
        smooth = ((9.0 * F.avg_pool2d(x, 3, 1) + 4.0 * inner) / 13.0).round()
        x[:, :, 1:-1, 1:-1] = blend(inner, smooth, factor)
    return x


def autocontrast(x: Tensor) -> Tensor:
    """Each channel stretched to 0..255."""
    low, high = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    return torch.where(high > low, ((x - low) * 255.0 / (high - low)).floor(), x)


def equalize(x: Tensor) -> Tensor:
    """Each channel with about as many pixels at every level."""
    levels = x.clamp(0.0, 255.0).long().flatten(2)
    counts = torch.zeros(*levels.shape[:2], 256, dtype=torch.long, device=x.device)
    counts.scatter_add_(2, levels, torch.ones_like(levels))
    brightest = counts.gather(2, levels.amax(2, keepdim=True))
    step = (levels.shape[2] - brightest) // 255
    table = ((counts.cumsum(2) - counts + step // 2) // step.clamp_min(1)).clamp_max(255)
    return torch.where(step > 0, table.gather(2, levels), levels).view_as(x).to(x.dtype)


def posterize(x: Tensor, step: Tensor) -> Tensor:
    """Grey levels rounded down to multiples of `step`."""
    return (x / step).floor() * step


def solarize(x: Tensor, threshold: Tensor) -> Tensor:
    """Inverts the levels from a threshold on."""
    return torch.where(x >= threshold, 255.0 - x, x)


def move(x: Tensor, matrix: Tensor) -> Tensor:
    """Pixel (x, y) is that at (a x + b y + c, d x + e y + f); `matrix` is `[B, 6, 1, 1]`."""
    height, width = x.shape[2:]
    across = torch.arange(width, device=x.device) - (width - 1) / 2
    down = torch.arange(height, device=x.device)[:, None] - (height - 1) / 2
    a, b, c, d, e, f = matrix.unbind(1)
    grid = torch.stack([across * a + down * b + c, across * d + down * e + f], 3)
    return F.grid_sample(x, grid, mode="nearest", align_corners=False)


def change_levels(
    x: Tensor,
    drawn: Tensor,
    level: Tensor,
    limits: tuple[float, float, float, float, float, float],
    values: bool = True,
) -> Tensor:
    """Apply to each example the operation that it drew (0 to 13), at a level from -30 to 30.

    `limits` are the effects of level 30: shear, shift right and down in pixels, angle in degrees,
    change of a blend's factor, bits that `posterize` removes. Masks keep their `values`.
    """
    height, width = x.shape[2:]
    sizes = [
        torch.linspace(0.0, limit, 31).double()[level.abs()] * level.sign() for limit in limits
    ]
    shear, right, below, angle, factor, bits = sizes
    across, down, turn = shear * (drawn == 1), shear * (drawn == 2), angle * (drawn == 5)
    cos, sin = torch.deg2rad(turn).cos(), torch.deg2rad(turn).sin()
    shift = across * height / 2 - right.trunc() * (drawn == 3)
    first = torch.stack([cos, across - sin, shift], 1) / (width / 2)
    shift = down * width / 2 - below.trunc() * (drawn == 4)
    second = torch.stack([sin + down, cos, shift], 1) / (height / 2)
    x = (255.0 * x).round() if values else x.clone()
    replace_(x, (drawn >= 1) & (drawn <= 5), move, torch.cat([first, second], 1))
    if not values:
        return x
    for number, change in enumerate((brighten, saturate, contrast, sharpen), 6):
        replace_(x, drawn == number, change, 1.0 + factor)
    replace_(x, drawn == 10, posterize, 2.0 ** bits.abs().round())
    threshold = 255.0 * torch.linspace(1.0, 0.0, 31).double()[level.abs()]
    replace_(x, drawn == 11, solarize, threshold)
    replace_(x, drawn == 12, autocontrast)
    replace_(x, drawn == 13, equalize)
    return x / 255.0


def trivial_augment(x: Tensor, u: Tensor, values: bool = True) -> Tensor:
    """One operation at one of 31 levels, of either sign; Müller, Hutter 2021, arXiv:2103.10158."""
    level = (31.0 * u[:, 1]).long() * torch.where(u[:, 2] < 0.5, -1, 1)
    limits = 0.99, 32.0, 32.0, 135.0, 0.99, 6.0
    return change_levels(x, (14.0 * u[:, 0]).long(), level, limits, values)


def rand_augment(
    x: Tensor, u: Tensor, n: int = 2, magnitude: int = 9, values: bool = True
) -> Tensor:
    """`n` operations at a level of 30, of either sign; Cubuk et al. 2019, arXiv:1909.13719."""
    height, width = x.shape[2:]
    limits = 0.3, 150.0 / 331.0 * width, 150.0 / 331.0 * height, 30.0, 0.9, 4.0
    for drawn, sign in u.reshape(-1, n, 2).permute(1, 2, 0):
        level = magnitude * torch.where(sign < 0.5, -1, 1)
        x = change_levels(x, (14.0 * drawn).long(), level, limits, values)
    return x
