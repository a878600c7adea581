"""Targets with a value for each place of the input, which move with it."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from netlang.backends.torch.runtime.mixing import is_mask

__all__ = ["mask_targets", "mask_values"]


def mask_values(x: Tensor, *targets: Tensor) -> Tensor:
    """The targets that are masks of `x`, as channels of one tensor; there may be none."""
    sides = x.shape[2:] if x.dim() > 2 else x.shape[1:]
    masks = [each.reshape(len(x), -1, *sides).float() for each in targets if is_mask(each, x)]
    return torch.cat([x.new_zeros(len(x), 0, *sides), *masks], 1)


def mask_targets(x: Tensor, values: Tensor, *targets: Tensor) -> list[Tensor]:
    """The targets, with new values for masks of `x`, in their original types and shapes."""
    found, sides = [], values.shape[2:]
    for target in targets:
        if not is_mask(target, x):
            found.append(target)
            continue
        shape = target.shape[1 : -len(sides)]
        own, values = values[:, : prod(shape)], values[:, prod(shape) :]
        found.append(own.reshape(len(own), *shape, *sides).to(target.dtype))
    return found
