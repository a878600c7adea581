"""Targets that have a value for each place of the input: they move with it.

Those of an image's height and width (``[H, W]``, ``[C, H, W]``), or of a signal's length. On their
way through a path they are channels of one float32 tensor; each keeps its values, and what comes
from outside is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import final

import torch
from torch import Tensor

from netlang.backends.torch.runtime.mixing import is_mask

__all__ = ["Masks"]


@final
@dataclass(frozen=True)
class Masks:
    """The masks among `targets`, as `values` ``[B, K, H, W]`` (of signals ``[B, K, L]``)."""

    targets: Mapping[str, Tensor]
    names: tuple[str, ...]
    values: Tensor

    @classmethod
    def of(cls, targets: Mapping[str, Tensor], x: Tensor) -> Masks | None:
        """Those of inputs `x`; None without any."""
        names = tuple(name for name, value in targets.items() if is_mask(value, x))
        if not names:
            return None
        sides = x.shape[2:] if x.dim() > 2 else x.shape[1:]
        parts = [targets[name].reshape(len(x), -1, *sides).float() for name in names]
        return cls(targets, names, torch.cat(parts, 1))

    def moved(self, values: Tensor) -> dict[str, Tensor]:
        """All targets, the masks with new values, in their own types and shapes."""
        sides = values.shape[2:]
        shapes = [self.targets[name].shape[1 : -len(sides)] for name in self.names]
        parts = torch.split(values, [prod(shape) for shape in shapes], 1)
        return dict(self.targets) | {
            name: part.reshape(len(part), *shape, *sides).to(self.targets[name].dtype)
            for name, part, shape in zip(self.names, parts, shapes, strict=True)
        }
