"""Statistics of the training data, and the normalization of inputs by them.

Sums are float64, and deviations are taken from the running mean (Chan, Golub, LeVeque 1979), so
that a large mean costs no precision.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

__all__ = ["affine", "bounds", "by_channel", "moments", "white", "whitening"]


def by_channel(x: Tensor) -> Tensor:
    """`[B, C, ...]` as rows of channels, `[B ..., C]`; `[B, L]` as rows of one."""
    return x.reshape(-1, 1) if x.dim() == 2 else x.transpose(0, 1).flatten(1).T


def moments(
    batches: Iterable[Tensor], per_element: bool = False, centre_only: bool = False
) -> tuple[Tensor, Tensor]:
    """Mean and deviation (over n) of each channel or element; a deviation of 0 becomes 1."""
    count, mean, squares = 0, torch.zeros(()), torch.zeros(())
    for batch in batches:
        x = batch.cpu().double()
        rows = x.flatten(1) if per_element else by_channel(x)
        whole, shift = count + len(rows), rows.mean(0) - mean
        squares = squares + rows.var(0, correction=0) * len(rows)
        squares = squares + shift**2 * (count * len(rows) / whole)
        mean, count = mean + shift * (len(rows) / whole), whole
    deviation = (squares / count).sqrt()
    kept = (deviation > 0) & (not centre_only)
    return mean.float(), torch.where(kept, deviation, 1.0).float()


def bounds(
    batches: Iterable[Tensor], low: float, high: float, per_element: bool = False
) -> tuple[Tensor, Tensor]:
    """Shift and scale that map the values of each channel or element to `low` to `high`."""
    least, most = torch.tensor(float("inf")), torch.tensor(float("-inf"))
    for batch in batches:
        x = batch.cpu().double()
        rows = x.flatten(1) if per_element else by_channel(x)
        least, most = torch.minimum(least, rows.amin(0)), torch.maximum(most, rows.amax(0))
    scale = torch.where(most > least, most - least, 1.0) / (high - low)
    return (least - low * scale).float(), scale.float()


def whitening(batches: Iterable[Tensor], eps: float, zca: bool) -> tuple[Tensor, Tensor]:
    """Mean, and the matrix that whitens rows (over n - 1), largest component first."""
    count, mean, products = 0, torch.zeros(()), torch.zeros(())
    for batch in batches:
        rows = batch.cpu().double().flatten(1)
        whole, shift = count + len(rows), rows.mean(0) - mean
        centred = rows - rows.mean(0)
        products = products + centred.T @ centred
        products = products + shift[:, None] * shift * (count * len(rows) / whole)
        mean, count = mean + shift * (len(rows) / whole), whole
    variances, components = torch.linalg.eigh(products / max(1, count - 1))
    variances, components = variances.flip(0).clamp(min=0.0), components.flip(1)
    largest = components.gather(0, components.abs().argmax(0, keepdim=True))
    components = components * torch.where(largest < 0, -1.0, 1.0)
    matrix = components / (variances + eps).sqrt()
    return mean.float(), (matrix @ components.T if zca else matrix).float()


def affine(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """(x - shift) / scale by channel, or by element if there are as many numbers."""
    if len(shift) == x[0].numel():
        return (x - shift.view_as(x[0])) / scale.view_as(x[0])
    shape = (-1,) + (1,) * (x.dim() - 2)
    return (x - shift.view(shape)) / scale.view(shape)


def white(x: Tensor, mean: Tensor, matrix: Tensor) -> Tensor:
    """All elements, centred and multiplied by the matrix."""
    return ((x.flatten(1) - mean) @ matrix).view_as(x)
