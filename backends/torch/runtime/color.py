"""Colour changes of images `x`, float32 `[B, C, H, W]` in 0..1, by numbers `u` on the CPU.

`u` is float64 `[B, k]`, uniform in [0, 1). Each example's change is decided on the CPU, so that
nothing waits for the device. Definitions are torchvision's.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_hue", "adjust_saturation", "color_jitter",
    "color_pca", "grayscale", "luma", "per_example", "replace_",
]  # fmt: skip


def per_example(value: Tensor, x: Tensor) -> Tensor:
    """Values of each example, `[B]` or `[B, C]`, on the device of `x`, to broadcast with it."""
    value = value.to(x.dtype) if value.is_floating_point() else value
    return value[(..., *[None] * (x.dim() - value.dim()))].to(x.device, non_blocking=True)


def replace_(x: Tensor, where: Tensor, change: Callable[..., Tensor], *values: Tensor) -> None:
    """Replace the examples for which `where` is true by `change(examples, *values)`."""
    if where.any():
        rows = where.nonzero()[:, 0].to(x.device, non_blocking=True)
        chosen = x[rows]
        x.index_copy_(0, rows, change(chosen, *(per_example(v[where], chosen) for v in values)))


def luma(x: Tensor) -> Tensor:
    """The brightness of RGB images, `[B, 1, H, W]`; ITU-R BT.601."""
    if x.shape[1] == 1:
        return x
    return 0.2989 * x[:, 0:1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:3]


def adjust_brightness(x: Tensor, factor: Tensor) -> Tensor:
    """From black (0) over the image itself (1) to brighter."""
    return (factor * x).clamp(0.0, 1.0)


def adjust_contrast(x: Tensor, factor: Tensor) -> Tensor:
    """From the mean grey (0) over the image itself (1) to more contrast."""
    grey = luma(x).mean((1, 2, 3), keepdim=True)
    return (factor * x + (1.0 - factor) * grey).clamp(0.0, 1.0)


def adjust_saturation(x: Tensor, factor: Tensor) -> Tensor:
    """From grey (0) over the image itself (1) to stronger colours."""
    return (factor * x + (1.0 - factor) * luma(x)).clamp(0.0, 1.0)


def adjust_hue(x: Tensor, turn: Tensor) -> Tensor:
    """The hue of HSV turned by a share of the full circle."""
    red, green, blue = x.unbind(1)
    value, chroma = x.amax(1), x.amax(1) - x.amin(1)
    span = torch.where(chroma == 0.0, 1.0, chroma)
    sixth = torch.where(value == green, (blue - red) / span + 2.0, (red - green) / span + 4.0)
    sixth = torch.where(value == red, (green - blue) / span, sixth) + 6.0 * turn[:, 0]
    channels = [(sixth + start) % 6.0 for start in (5.0, 3.0, 1.0)]
    return torch.stack(
        [value - chroma * torch.minimum(k, 4.0 - k).clamp(0.0, 1.0) for k in channels], 1
    )


def color_jitter(
    x: Tensor,
    u: Tensor,
    brightness: float = 0.0,
    contrast: float = 0.0,
    saturation: float = 0.0,
    hue: float = 0.0,
) -> Tensor:
    """Factors from [max(0, 1 - value), 1 + value], a turn from [-hue, hue], in random order."""
    changes = adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue
    lows = *(max(0.0, 1.0 - value) for value in (brightness, contrast, saturation)), -hue
    highs = 1.0 + brightness, 1.0 + contrast, 1.0 + saturation, hue
    values = torch.tensor(lows) + u[:, :4] * (torch.tensor(highs) - torch.tensor(lows))
    order = u[:, 4:8].argsort(1)
    x = x.clone()
    for place in range(4):
        for number, change in enumerate(changes):
            if (brightness, contrast, saturation, hue)[number]:
                replace_(x, order[:, place] == number, change, values[:, number])
    return x


def grayscale(x: Tensor, u: Tensor, p: float = 0.1) -> Tensor:
    """Grey in all channels, with probability `p`."""
    return torch.where(per_example(u[:, 0] < p, x), luma(x), x)


def color_pca(
    x: Tensor,
    u: Tensor,
    std: float,
    values: tuple[float, ...],
    vectors: tuple[tuple[float, ...], ...],
) -> Tensor:
    """Add the principal components of RGB, each by its eigenvalue times a normal number.

    `vectors` has a row for each channel and a column for each component; Krizhevsky et al. 2012.
    """
    normal = std * torch.special.ndtri(u[:, :3].clamp_min(2.0**-54))
    shift: Tensor = normal * torch.tensor(values) @ torch.tensor(vectors).double().T
    return (x + shift.to(x, non_blocking=True)[:, :, None, None]).clamp(0.0, 1.0)
