"""The loss of a recipe: a sum of terms, each a factor times a loss of some values."""

from __future__ import annotations

from typing import ClassVar, final

from netlang.recipes.words.losses import LossFunction
from netlang.recipes.words.operands import NamedValue, Operand, values_in
from netlang.recipes.words.schedules import Warmup
from netlang.recipes.words.timing import Clock
from netlang.records import ComparedInPart, Record
from netlang.source import Span

__all__ = ["Loss", "Term"]


@final
class Term(ComparedInPart):
    """`factor` times a loss; no operands if the loss was named alone.

    In training, `warmup` multiplies it too while that lasts.
    """

    aside: ClassVar[tuple[str, ...]] = ("span",)

    factor: float
    function: LossFunction
    operands: tuple[Operand, ...]
    span: Span
    warmup: Warmup | None = None

    def weight(self, clock: Clock | None) -> float:
        """What multiplies the loss at a step of training; without a clock, after all warm-ups."""
        if self.warmup is None or clock is None:
            return self.factor
        lasts = clock.step < self.warmup.duration.steps(clock)
        return self.factor * self.warmup.scale(clock) if lasts else self.factor

    @property
    def reads(self) -> tuple[NamedValue, ...]:
        """The values that it reads; none if the loss was named alone."""
        return tuple(value for operand in self.operands for value in values_in(operand))

    def __str__(self) -> str:
        """As a recipe would write it."""
        name, _, settings = str(self.function).removesuffix(")").partition("(")
        inside = ", ".join(filter(None, (*map(str, self.operands), settings)))
        call = f"{name}({inside})" if inside else name
        call = call if self.warmup is None else f"{self.warmup} * {call}"
        return call if self.factor == 1.0 else f"{self.factor!r} * {call}"


@final
class Loss(Record):
    """The sum of its terms."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        return " + ".join(map(str, self.terms))
