"""Steps that compute a table. A caller gives the function that makes a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from torch import Tensor

from netlang.backends.torch.importing.steps import (
    Argument,
    Maker,
    SourceStep,
    SourceTensor,
    Value,
)
from netlang.backends.torch.importing.tables.constants import argument_of_constant

__all__ = ["Emit", "listed", "made", "reshaped"]

Emit: TypeAlias = Callable[[str, Sequence[Value], Mapping[str, Argument]], SourceStep]


def made(
    emit: Emit,
    op: str,
    inputs: Sequence[Value],
    arguments: Mapping[str, Argument],
    shape: Sequence[int],
) -> Value:
    """What a step gives, which is of this shape."""
    step = emit(op, inputs, arguments)
    return Value(Maker(step), tuple(shape), tuple(shape), None, 1, True)


def reshaped(emit: Emit, value: Value, shape: Sequence[int]) -> Value:
    """A value in another shape; itself if that is the same."""
    if value.shape == tuple(shape):
        return value
    return made(emit, "reshape", [value], {"shape": tuple(shape)}, shape)


def listed(emit: Emit, table: Tensor) -> Value:
    """A table whose numbers are listed. Raises `NotSayable` if they are too many."""
    op, arguments = argument_of_constant(SourceTensor("", table, False, False))
    return made(emit, op, [], arguments, table.shape)
