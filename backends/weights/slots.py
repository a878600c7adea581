"""The weights that a net owns, by key: what every way of filling them starts from.

Holds on exit: slots come in the order of PyTorch's ``state_dict``, each key once; a step that
reuses another one's weights adds none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlang.ir.op import Op
from netlang.ir.program import Function, Program
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
    return tuple(
        Slot(key, weight, weight.dtype or program.floats, auxiliary)
        for key, weight, auxiliary in _function(program.net, "", False)
    )


def _function(
    function: Function, prefix: str, auxiliary: bool
) -> Iterator[tuple[str, Weight, bool]]:
    for node in function.nodes:
        if node.reuses:
            continue
        path, extra = prefix + node.module, auxiliary or node.auxiliary
        if isinstance(node.callee, Op):
            for weight in node.callee.weights(function.input_types(node)):
                yield join(path, weight.name), weight, extra
        else:
            yield from _function(node.callee, f"{path}.", extra)


def join(module: str, name: str) -> str:
    """The key of weight `name` of the step at `module`."""
    return f"{module}.{name}" if name else module
