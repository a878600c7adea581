"""Erases parts of examples, by numbers `u`, float64 `[B, k]` in [0, 1) on the CPU."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor

from netlang.backends.torch.runtime.color import per_example
from netlang.backends.torch.runtime.filters import random_bits

__all__ = ["cutout", "in_box", "random_erasing"]


def in_box(x: Tensor, start: Tensor, stop: Tensor) -> Tensor:
    """Whether an element of `x` is in its example's box, `start` to before `stop`, `[B, axes]`."""
    inside = torch.ones((), dtype=torch.bool, device=x.device)
    for axis in range(-start.shape[1], 0):
        place = torch.arange(x.shape[axis], device=x.device).view(-1, *[1] * (-axis - 1))
        first, last = per_example(start[:, axis], x), per_example(stop[:, axis], x)
        inside = inside & (first <= place) & (place < last)
    return inside


def cutout(x: Tensor, u: Tensor, size: int, value: float = 0.0) -> Tensor:
    """Erase a square (of a signal, an interval) around a random place, even beyond the border."""
    sides = torch.tensor(x.shape[2:] or x.shape[1:])
    start = (u[:, : len(sides)] * sides).floor() - size // 2
    return torch.where(in_box(x, start, start + size), value, x)


def random_erasing(
    x: Tensor,
    u: Tensor,
    p: float = 0.5,
    scale: tuple[float, float] = (0.02, 0.33),
    ratio: tuple[float, float] = (0.3, 3.3),
    value: float | tuple[float, ...] | str = 0.0,
) -> Tensor:
    """Erase a rectangle: a share `scale` of the area, height over width in `ratio`, ten tries."""
    sides = torch.tensor(x.shape[2:])
    area = sides.prod() * (scale[0] + (scale[1] - scale[0]) * u[:, 3:13])
    shape = torch.exp(log(ratio[0]) + (log(ratio[1]) - log(ratio[0])) * u[:, 13:23])
    tries = torch.stack([(area * shape).sqrt(), (area / shape).sqrt()], 2).round()
    fits = (tries < sides).all(2)
    box = tries[torch.arange(len(u)), fits.int().argmax(1)]
    start = (u[:, 1:3] * (sides - box + 1)).floor()
    stop = start + box * ((u[:, :1] < p) & fits.any(1, keepdim=True))
    if isinstance(value, str):
        fill = 0.5 + random_bits(x, u) * 2.0**-24
    else:
        fill = torch.tensor(value, dtype=x.dtype).view(-1, 1, 1).to(x.device, non_blocking=True)
    return torch.where(in_box(x, start, stop), fill, x)
