"""The weights that a net owns, by key: the basis for filling them in any way.

On exit, slots are in the order of PyTorch's ``state_dict`` and each key occurs once; a step that
reuses another one's weights adds none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from netlang.ir.length import require_writable
from netlang.ir.owned import Owned, join, owned, placed
from netlang.ir.program import Program
from netlang.ir.types import DType
from netlang.ir.weights import Weight
from netlang.ops.constants import made
from netlang.records import Record

__all__ = ["BATCH_COUNTER", "Slot", "constants", "join", "slots"]

# PyTorch counts batches in every batch norm; nothing reads the count unless momentum is None.
BATCH_COUNTER = "num_batches_tracked"


@final
class Slot(Record):
    """One tensor of the net and its type, or a further key of the tensor `tied`.

    An auxiliary one exists only in training.
    """

    key: str
    weight: Weight
    dtype: DType
    auxiliary: bool
    tied: str | None = None

    @property
    def required(self) -> bool:
        """Whether a deployed net needs a value for it."""
        counter = self.weight.name == BATCH_COUNTER
        return not self.auxiliary and not counter and self.tied is None


def slots(program: Program) -> tuple[Slot, ...]:
    """Every weight of `program`, including auxiliary heads. Raises `NetlangError` for too many."""
    return _slots(program, owned(program, ties=True))


def constants(program: Program) -> tuple[Slot, ...]:
    """Every tensor that the text of `program` gives and no file of weights has.

    Raises `NetlangError` for too many.
    """
    return _slots(program, placed(program, made))


def _slots(program: Program, found: Iterable[Owned]) -> tuple[Slot, ...]:
    require_writable(program)
    floats = program.floats
    return tuple(
        [
            Slot(each.key, each.weight, each.weight.dtype or floats, each.auxiliary, each.tied)
            for each in found
        ]
    )
