"""The weights that a net owns, by key: the basis for filling them in any way.

On exit, slots are in the order of PyTorch's ``state_dict`` and each key occurs once; a step that
reuses another one's weights adds none.
"""

from __future__ import annotations

from dataclasses import dataclass

from netlang.ir.owned import join, owned
from netlang.ir.program import Program
from netlang.ir.types import DType
from netlang.ir.weights import Weight

__all__ = ["Slot", "join", "slots"]

# PyTorch counts batches in every batch norm; nothing reads the count unless momentum is None.
BATCH_COUNTER = "num_batches_tracked"


@dataclass(frozen=True, slots=True)
class Slot:
    """One tensor of the net and its type. An auxiliary one exists only in training."""

    key: str
    weight: Weight
    dtype: DType
    auxiliary: bool

    @property
    def required(self) -> bool:
        """Whether a deployed net needs a value for it."""
        return not self.auxiliary and self.weight.name != BATCH_COUNTER


def slots(program: Program) -> tuple[Slot, ...]:
    """Every weight of `program`, including auxiliary heads."""
    floats = program.floats
    return tuple(
        Slot(each.key, each.weight, each.weight.dtype or floats, each.auxiliary)
        for each in owned(program)
    )
