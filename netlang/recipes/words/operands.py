"""What a loss compares: values of an example, and expressions over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, TypeAlias, final

from netlang.records import ComparedInPart
from netlang.source import Span

__all__ = [
    "CHANNELWISE", "ELEMENTWISE", "FUNCTIONS", "PER_EXAMPLE", "Apply", "Number", "Operand",
    "NamedValue", "values_in",
]  # fmt: skip

# Functions of every element, along the channels (the first axis), and over a whole example.
ELEMENTWISE = (
    "abs", "exp", "float", "log", "relu", "sigmoid", "softplus", "sqrt", "tanh",
)  # fmt: skip
CHANNELWISE = ("log_softmax", "softmax")
PER_EXAMPLE = ("mean", "sum")
FUNCTIONS = tuple(sorted((*ELEMENTWISE, *CHANNELWISE, *PER_EXAMPLE)))


@final
class NamedValue(ComparedInPart):
    """An output or input of the net, or a target, by name."""

    aside: ClassVar[tuple[str, ...]] = ("span",)

    name: str
    span: Span

    def __str__(self) -> str:
        return self.name


@final
class Number(ComparedInPart):
    """A number that the recipe gives."""

    aside: ClassVar[tuple[str, ...]] = ("span",)

    value: float
    span: Span

    def __str__(self) -> str:
        return repr(self.value)


@final
class Apply(ComparedInPart):
    """A function of `FUNCTIONS`, or ``+ - * / **``, applied; ``-`` with one operand negates it."""

    aside: ClassVar[tuple[str, ...]] = ("span",)

    function: str
    operands: tuple[Operand, ...]
    span: Span

    def __str__(self) -> str:
        if self.function in FUNCTIONS:
            return f"{self.function}({self.operands[0]})"
        if len(self.operands) == 1:
            return f"(-{self.operands[0]})"
        left, right = self.operands
        return f"({left} {self.function} {right})"


Operand: TypeAlias = NamedValue | Number | Apply


def values_in(operand: Operand) -> Iterator[NamedValue]:
    """The values that an operand reads, in the order in which they are written."""
    if isinstance(operand, NamedValue):
        yield operand
    elif isinstance(operand, Apply):
        for each in operand.operands:
            yield from values_in(each)
