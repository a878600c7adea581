"""What the generator makes, and what it knows of a value on its way there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from netlang.ir.types import TensorType

__all__ = ["INTEGERS_BELOW", "Generated", "Keys", "Labelled", "Value"]

# Integer inputs of a generated net take values from 0 up to this, exclusive.
INTEGERS_BELOW = 3
# The names of the tensors that a step without a label owns; None where they aren't known.
Keys: TypeAlias = frozenset[str] | None


@dataclass(frozen=True)
class Generated:
    """A valid spec: the main file, the files that it imports by name, and which net to compile.

    `constructs` are those of the language that the text was made with, `operators` those drawn (a
    branch that is never taken has some that the net lacks). `numbered` are the tensors of each of
    the first steps of the net, which the language calls 0, 1 and so on.
    """

    seed: int
    text: str
    files: Mapping[str, str]
    name: str
    constructs: frozenset[str]
    operators: frozenset[str]
    numbered: tuple[Keys, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the net: its type, and for whole numbers what they are below."""

    type: TensorType
    below: int = INTEGERS_BELOW


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value that a label names; `fits` are the inputs that its weights take once more."""

    values: tuple[Value, ...]
    fits: tuple[TensorType, ...] | None = None
    outputs: tuple[str, ...] = field(default=())
