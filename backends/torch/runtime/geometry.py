"""Geometric changes of images `x`, float32 `[B, C, H, W]`, in batches, by numbers `u`.

`u` is float64 `[B, k]`, uniform in [0, 1), on the CPU. Values between pixels are interpolated
bilinearly, and places outside the image are black. With `mode="nearest"`, for masks, values are
kept. Signals, `[B, L]` or `[B, C, L]`, move along their only axis.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from netlang.backends.torch.runtime.regions import room, whole

__all__ = [
    "between", "flip", "hflip", "moved", "rotate", "scale", "shear", "ten_crop", "translate",
    "vflip",
]  # fmt: skip


def hflip(x: Tensor, u: Tensor, p: float = 0.5) -> Tensor:
    """Mirror left and right, with probability `p`."""
    flipped = (u[:, 0] < p).to(x.device, non_blocking=True)[:, None, None, None]
    return torch.where(flipped, x.flip(3), x)


def vflip(x: Tensor, u: Tensor, p: float = 0.5) -> Tensor:
    """Mirror top and bottom, with probability `p`."""
    flipped = (u[:, 0] < p).to(x.device, non_blocking=True)[:, None, None, None]
    return torch.where(flipped, x.flip(2), x)


def flip(x: Tensor) -> Tensor:
    """Each image, and then its mirror image: `[B * 2, C, H, W]`."""
    return torch.stack([x, x.flip(3)], 1).flatten(0, 1)


def between(u: Tensor, bounds: tuple[float, float]) -> Tensor:
    """The first number of each example, mapped to between two bounds: `[B]`."""
    return bounds[0] + (bounds[1] - bounds[0]) * u[:, 0]


def moved(
    x: Tensor,
    a: Tensor | float = 1.0,
    b: Tensor | float = 0.0,
    c: Tensor | float = 0.0,
    d: Tensor | float = 0.0,
    e: Tensor | float = 1.0,
    f: Tensor | float = 0.0,
    mode: str = "bilinear",
) -> Tensor:
    """Pixel (i, j) is that at (a i + b j + c, d i + e j + f), right and down from the centre."""
    if not x.numel():  # of masks where no target is one
        return x
    image = x if x.dim() == 4 else x.reshape(len(x), -1, 1, x.shape[-1])
    height, width = image.shape[2:]
    rows = a, b * height / width, c * 2 / width, d * width / height, e, f * 2 / height
    columns = [torch.as_tensor(value).expand(len(x)) for value in rows]
    theta = torch.stack(columns, 1).view(-1, 2, 3).float().to(x.device, non_blocking=True)
    grid = F.affine_grid(theta, list(image.shape), align_corners=False)
    return F.grid_sample(image, grid, mode, align_corners=False).reshape(x.shape)


def rotate(x: Tensor, u: Tensor, degrees: tuple[float, float], mode: str = "bilinear") -> Tensor:
    """Rotate counter-clockwise by an angle between two bounds."""
    angle = torch.deg2rad(between(u, degrees))
    return moved(x, a=angle.cos(), b=-angle.sin(), d=angle.sin(), e=angle.cos(), mode=mode)


def scale(x: Tensor, u: Tensor, factor: tuple[float, float], mode: str = "bilinear") -> Tensor:
    """Enlarge or shrink by a factor between two bounds."""
    step = 1.0 / between(u, factor)
    return moved(x, a=step, e=step if x.dim() == 4 else 1.0, mode=mode)


def shear(x: Tensor, u: Tensor, degrees: tuple[float, float], mode: str = "bilinear") -> Tensor:
    """Shear sideways by an angle between two bounds."""
    return moved(x, b=torch.deg2rad(between(u, degrees)).tan(), mode=mode)


def translate(x: Tensor, u: Tensor, share: float, mode: str = "bilinear") -> Tensor:
    """Shift by whole pixels, up to a share of the size in either direction."""
    sides = torch.tensor((x.shape[3], x.shape[2]) if x.dim() == 4 else (x.shape[-1], 0))
    most = (share * sides).floor()
    right, down = (most - (u * (2 * most + 1)).floor()).T
    return moved(x, c=right, f=down, mode=mode)


def ten_crop(x: Tensor, size: tuple[int, int], pad: int = 0) -> Tensor:
    """Four corners and the centre, then those of the mirrored image: `[B * 10, C, h, w]`."""
    (below, right), x = room(whole(*x.shape[2:]), size, pad)[0].astype(int), F.pad(x, [pad] * 4)
    places = (0, 0), (0, right), (below, 0), (below, right), (round(below / 2), round(right / 2))
    views = [image[:, :, y:, x:] for image in (x, x.flip(3)) for y, x in places]
    return torch.stack([view[:, :, : size[0], : size[1]] for view in views], 1).flatten(0, 1)
