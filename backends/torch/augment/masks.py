"""Targets with a value for each place of the input, which move with it.

These have the height and width of an image (``[H, W]``, ``[C, H, W]``) or the length of a signal.
On their way through a path they are channels of one float32 tensor. Their values aren't
interpolated; places from outside the image get 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from torch import Tensor

from netlang.backends.torch.runtime.mixing import is_mask
from netlang.backends.torch.runtime.places import mask_targets, mask_values

__all__ = ["Masks"]


@final
@dataclass(frozen=True)
class Masks:
    """The masks among the `targets` of inputs `x`, as `values` ``[B, K, H, W]``.

    Those of signals are ``[B, K, L]``.
    """

    x: Tensor
    targets: Mapping[str, Tensor]
    values: Tensor

    @classmethod
    def of(cls, targets: Mapping[str, Tensor], x: Tensor) -> Masks | None:
        """The masks among the targets of inputs `x`, or None if there are none."""
        if not any(is_mask(value, x) for value in targets.values()):
            return None
        return cls(x, targets, mask_values(x, *targets.values()))

    def moved(self, values: Tensor) -> dict[str, Tensor]:
        """All targets, with new values for the masks, in their original types and shapes."""
        moved = mask_targets(self.x, values, *self.targets.values())
        return dict(zip(self.targets, moved, strict=True))
