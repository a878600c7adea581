"""What is different between two nets, step by step and in all."""

from __future__ import annotations

from functools import cached_property

from netlang.analysis.render.describe import written
from netlang.diff.match import Match
from netlang.diff.steps import NetSteps, Source, Step
from netlang.ir.arguments import Argument, signature
from netlang.ir.dims import evaluate
from netlang.ir.op import Op
from netlang.records import Record

__all__ = ["ArgumentChange", "StepChange", "Difference", "PortChange", "arguments_of"]


class ArgumentChange(Record):
    """An argument of a step that has another value; `texts` are both in the language."""

    name: str
    before: object
    after: object
    texts: tuple[str, str]


class StepChange(Record):
    """How two matched steps differ: `one` of the net before, `other` of the net after.

    `arguments` are those of one operator; of another operator, none are compared. `reads` has the
    steps that it reads now instead of others: their places among its inputs, and what was read and
    is read there, None for nothing. `repeated`: it is a folded step, applied more or less often.
    `resized`: its inputs, outputs or weights have other sizes.
    """

    one: int
    other: int
    operator: bool = False
    arguments: tuple[ArgumentChange, ...] = ()
    reads: tuple[tuple[int, Source | None, Source | None], ...] = ()
    tied: bool = False
    repeated: bool = False
    moved: bool = False
    renamed: bool = False
    resized: bool = False

    @property
    def edited(self) -> bool:
        """Whether the step itself is another, not only its name or the sizes that reach it."""
        return self.altered or self.repeated

    @property
    def altered(self) -> bool:
        """Whether it is another each time that it is applied."""
        return self.operator or self.moved or self.tied or bool(self.arguments or self.reads)


class PortChange(Record):
    """An input or output that differs: its name, and its type before and after as texts.

    None where the net has no such port. `source` are the paths of the steps that an output is of,
    if these are others.
    """

    kind: str
    name: str
    before: str | None
    after: str | None
    source: tuple[str, str] | None = None


class Difference(Record, eq=False, dict=True):
    """Two nets, which steps of one are which of the other, and how these differ."""

    names: tuple[str, str]
    before: NetSteps
    after: NetSteps
    match: Match
    changes: tuple[StepChange, ...]
    ports: tuple[PortChange, ...]

    @cached_property
    def removed(self) -> tuple[int, ...]:
        """The steps of the net before that have no partner."""
        return tuple(n for n, other in enumerate(self.match.partners) if other is None)

    @cached_property
    def added(self) -> tuple[int, ...]:
        """The steps of the net after that have no partner."""
        return tuple(n for n, one in enumerate(self.match.back) if one is None)

    @property
    def edited(self) -> tuple[StepChange, ...]:
        """The changes that aren't mere consequences of others."""
        return tuple(change for change in self.changes if change.edited)

    @property
    def same(self) -> bool:
        """Whether both are one net: equal steps with equal names in the same order."""
        return not (self.changes or self.added or self.removed or self.ports)

    @cached_property
    def totals(self) -> tuple[tuple[str, int, int], ...]:
        """The figures of both nets by name."""
        one, other = self.before.cost, self.after.cost
        return (
            ("parameters", one.params, other.params),
            ("MACs", evaluate(one.macs, {}), evaluate(other.macs, {})),
            ("activation bytes", evaluate(one.memory, {}), evaluate(other.memory, {})),
        )

    def pair(self, change: StepChange) -> tuple[Step, Step]:
        """The two steps of a change."""
        return self.before.steps[change.one], self.after.steps[change.other]


def arguments_of(before: Op, after: Op) -> tuple[ArgumentChange, ...]:
    """The arguments in which two operators of one class differ."""
    found = []
    for argument in signature(type(before)):
        one, other = getattr(before, argument.name), getattr(after, argument.name)
        if one != other:
            texts = _texts(one, other, argument)
            found.append(ArgumentChange(argument.name, one, other, texts))
    if before.given != after.given:
        texts = ", ".join(before.given) or "none", ", ".join(after.given) or "none"
        found.append(ArgumentChange("given weights", before.given, after.given, texts))
    return tuple(found)


def _texts(before: object, after: object, argument: Argument) -> tuple[str, str]:
    """Two different values as the language writes them, with as many digits as tell them apart."""
    if isinstance(before, float) and isinstance(after, float):
        for digits in (4, 9):
            short = f"{before:.{digits}g}", f"{after:.{digits}g}"
            if short[0] != short[1]:
                return short
    return written(before, argument), written(after, argument)
