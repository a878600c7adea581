"""The weights that a net owns, by key: what every way of filling them starts from.

Holds on exit: slots come in the order of PyTorch's ``state_dict``, each key once; a step that
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
    """One tensor of the net and its type; an auxiliary one exists in training only."""

    key: str
    weight: Weight
    dtype: DType
    auxiliary: bool

    @property
    def required(self) -> bool:
        """Whether a deployed net can't run without a value for it."""
        return not self.auxiliary and self.weight.name != BATCH_COUNTER


def slots(program: Program) -> tuple[Slot, ...]:
    """Every weight of `program`, auxiliary heads included."""
    floats = program.floats
    return tuple(
        Slot(each.key, each.weight, each.weight.dtype or floats, each.auxiliary)
        for each in owned(program)
    )
