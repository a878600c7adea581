"""The building blocks of schedules: position in a run, length of a phase, formulas, chains.

A schedule is one phase, or a chain of phases joined by `->`. Everything is a function of a `Clock`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, TypeAlias, final

from netlang.recipes.description import Description
from netlang.records import Record, replace

__all__ = [
    "REST", "Chain", "Clock", "Duration", "Pace", "Phase", "RateRule", "Schedule", "Setting",
    "Watch",
]  # fmt: skip


@final
class Clock(Record):
    """The position in a run: steps done, steps per epoch and in the run, plateau reductions."""

    step: int
    epoch_steps: int
    steps: int
    reductions: int = 0

    def passed(self, unit: str) -> int:
        """The whole `epochs` or `steps` done, or `reductions`."""
        if unit == "reductions":
            return self.reductions
        return self.step if unit == "steps" else self.step // self.epoch_steps

    def after(self, steps: int) -> Clock:
        """The clock of a phase that begins after `steps` steps."""
        return replace(self, step=self.step - steps, steps=max(1, self.steps - steps))


@final
class Duration(Record):
    """A number of `epochs` or `steps`; None for the rest of the run."""

    count: int | None
    unit: str = "steps"

    def steps(self, clock: Clock) -> int:
        """The length in steps."""
        if self.count is None:
            return clock.steps
        return self.count * (clock.epoch_steps if self.unit == "epochs" else 1)


@final
class Pace(Record):
    """The factor on a step's learning rates, and its momentum; None for the optimizer's own.

    `clock` is the time of the step, for losses whose weights change; None after all of that.
    """

    scale: float
    momentum: float | None = None
    clock: Clock | None = None


REST = Duration(None)

Setting: TypeAlias = int | float | bool | tuple[int, ...] | tuple[float, ...] | Duration


@final
class RateRule(Record):
    """A formula of `netlang.recipes.words.rates`: the unit that it counts, and its settings.

    `momentum` is the formula of the momentum (or first beta), if a schedule sets it too.
    """

    function: Callable[..., float]
    settings: Mapping[str, Setting]
    counts: str = "steps"
    momentum: RateRule | None = None

    def __call__(self, clock: Clock) -> float:
        """The value for the step after `clock.step` steps."""
        settings = {
            name: value.steps(clock) if isinstance(value, Duration) else value
            for name, value in self.settings.items()
        }
        return self.function(clock.passed(self.counts), **settings)


@final
class Watch(Record):
    """What a plateau remembers: the lowest error, evaluations since then, reductions so far.

    During the cooldown after a reduction, `waited` is below 0.
    """

    best: float = float("inf")
    waited: int = 0
    reductions: int = 0


class Schedule(Description):
    """How the learning rate changes."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Phase, ...]:
        """The phases of which it is made, in order."""

    @abstractmethod
    def at(self, clock: Clock) -> tuple[Phase, Clock]:
        """The active phase, and its own clock."""

    def pace(self, clock: Clock) -> Pace:
        """The rate and momentum of the step after `clock.step` steps."""
        return Pace(self.scale(clock), self.momentum(clock), clock)

    def scale(self, clock: Clock) -> float:
        """The factor on the learning rate for the step after `clock.step` steps."""
        phase, own = self.at(clock)
        return phase.rule(own)

    def momentum(self, clock: Clock) -> float | None:
        """The momentum (or first beta) of that step; None for the optimizer's own."""
        phase, own = self.at(clock)
        return None if phase.rule.momentum is None else phase.rule.momentum(own)


class Phase(Schedule):
    """A schedule with one rule.

    `length` is its duration in its unit (`epochs` or `steps`); None for the rest of the run. Both
    are fields of each class, at the place given by its signature.
    """

    length: int | None
    unit: str

    @property
    @abstractmethod
    def rule(self) -> RateRule:
        """The formula of the factor."""

    @property
    def duration(self) -> Duration:
        """Its duration."""
        return REST if self.length is None else Duration(self.length, self.unit)

    @property
    def parts(self) -> tuple[Phase, ...]:
        return (self,)

    def at(self, clock: Clock) -> tuple[Phase, Clock]:
        return self, clock


@final
class Chain(Schedule):
    """Schedules in succession; each but the last has a known length."""

    name: ClassVar[str] = "->"

    phases: tuple[Phase, ...]

    @property
    def parts(self) -> tuple[Phase, ...]:
        return self.phases

    def at(self, clock: Clock) -> tuple[Phase, Clock]:
        for phase in self.phases[:-1]:
            steps = phase.duration.steps(clock)
            if clock.step < steps:
                return phase, replace(clock, steps=steps)
            clock = clock.after(steps)
        return self.phases[-1], clock

    def __str__(self) -> str:
        return " -> ".join(map(str, self.phases))
