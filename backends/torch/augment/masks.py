"""Targets that have a value for each place of the input: they move with it.

Those of an image's height and width (``[H, W]``, ``[C, H, W]``), or of a signal's length. On their
way through a path they are channels of one float32 tensor; each keeps its values, and what comes
from outside is 0.
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
        """Those of inputs `x`; None without any."""
        if not any(is_mask(value, x) for value in targets.values()):
            return None
        return cls(x, targets, mask_values(x, *targets.values()))

    def moved(self, values: Tensor) -> dict[str, Tensor]:
        """All targets, the masks with new values, in their own types and shapes."""
        moved = mask_targets(self.x, values, *self.targets.values())
        return dict(zip(self.targets, moved, strict=True))
