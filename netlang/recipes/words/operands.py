"""What a loss compares: values of an example, and expressions over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, final

from netlang.source import Span

__all__ = [
    "CHANNELWISE", "ELEMENTWISE", "FUNCTIONS", "PER_EXAMPLE", "Apply", "Number", "Operand", "Value",
    "values_in",
]  # fmt: skip

# Functions of every element, along the channels (the first axis), and over a whole example.
ELEMENTWISE = (
    "abs", "exp", "float", "log", "relu", "sigmoid", "softplus", "sqrt", "tanh",
)  # fmt: skip
CHANNELWISE = ("log_softmax", "softmax")
PER_EXAMPLE = ("mean", "sum")
FUNCTIONS = tuple(sorted((*ELEMENTWISE, *CHANNELWISE, *PER_EXAMPLE)))


@final
@dataclass(frozen=True)
class Value:
    """An output or input of the net, or a target, by name."""

    name: str
    span: Span = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@final
@dataclass(frozen=True)
class Number:
    """A number that the recipe gives."""

    value: float
    span: Span = field(compare=False, repr=False)

    def __str__(self) -> str:
        return repr(self.value)


@final
@dataclass(frozen=True)
class Apply:
    """A function of `FUNCTIONS`, or ``+ - * / **``, applied; ``-`` to one operand negates it."""

    function: str
    operands: tuple[Operand, ...]
    span: Span = field(compare=False, repr=False)

    def __str__(self) -> str:
        if self.function in FUNCTIONS:
            return f"{self.function}({self.operands[0]})"
        if len(self.operands) == 1:
            return f"(-{self.operands[0]})"
        left, right = self.operands
        return f"({left} {self.function} {right})"


Operand: TypeAlias = Value | Number | Apply


def values_in(operand: Operand) -> Iterator[Value]:
    """The values that an operand reads, in the order in which they are written."""
    if isinstance(operand, Value):
        yield operand
    elif isinstance(operand, Apply):
        for each in operand.operands:
            yield from values_in(each)
