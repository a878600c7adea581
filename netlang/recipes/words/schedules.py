"""Schedules: the learning rate over the run, as a factor on the optimizer's `lr`.

Every factor is a pure function of a `Clock`, so a resumed run computes the rates of the first one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from math import cos, pi
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, count, natural
from netlang.recipes.description import Description
from netlang.recipes.kinds import counts, non_negative, positive, share

__all__ = [
    "ALL", "Chain", "Clock", "ConstantRate", "Cosine", "Multistep", "Plateau", "Schedule", "Step",
    "Warmup", "Watch", "plateau_of",
]  # fmt: skip

_UNIT = argument(choice("epochs", "steps"), "what the lengths of this schedule count")


@final
@dataclass(frozen=True, slots=True)
class Clock:
    """Where a run is: steps done, steps in an epoch and in the run, reductions by a plateau."""

    step: int
    epoch_steps: int
    steps: int
    reductions: int = 0

    def passed(self, unit: str) -> int:
        """Whole epochs or steps done."""
        return self.step if unit == "steps" else self.step // self.epoch_steps


@dataclass(frozen=True, kw_only=True)
class Schedule(Description, ABC):
    """How the learning rate changes."""

    @abstractmethod
    def scale(self, clock: Clock) -> float:
        """What the learning rate is multiplied by for the step after `clock.step` steps."""


@final
@dataclass(frozen=True, kw_only=True)
class ConstantRate(Schedule):
    """The same rate throughout."""

    name: ClassVar[str] = "constant"

    def scale(self, clock: Clock) -> float:
        return 1.0


@final
@dataclass(frozen=True, kw_only=True)
class Step(Schedule):
    """Times `gamma` after every `every` epochs."""

    name: ClassVar[str] = "step"

    every: int = field(metadata=argument(count, "epochs (or steps) between two changes"))
    gamma: float = field(default=0.1, metadata=argument(positive, "factor of each change"))
    unit: str = field(default="epochs", metadata=_UNIT)

    def scale(self, clock: Clock) -> float:
        return float(self.gamma ** (clock.passed(self.unit) // self.every))


@final
@dataclass(frozen=True, kw_only=True)
class Multistep(Schedule):
    """Times `gamma` at each of the given epochs."""

    name: ClassVar[str] = "multistep"

    milestones: tuple[int, ...] = field(
        metadata=argument(counts, "epochs (or steps) of the changes")
    )
    gamma: float = field(default=0.1, metadata=argument(positive, "factor of each change"))
    unit: str = field(default="epochs", metadata=_UNIT)

    def scale(self, clock: Clock) -> float:
        passed = clock.passed(self.unit)
        return float(self.gamma ** sum(passed >= milestone for milestone in self.milestones))


@final
@dataclass(frozen=True, kw_only=True)
class Cosine(Schedule):
    """Half a cosine wave from 1 to `floor` over the run; arXiv:1608.03983, eq. 5, no restart."""

    name: ClassVar[str] = "cosine"

    floor: float = field(default=0.0, metadata=argument(share, "factor at the end of the run"))

    def scale(self, clock: Clock) -> float:
        done = min(1.0, clock.step / max(1, clock.steps))
        return self.floor + (1.0 - self.floor) * (1.0 + cos(pi * done)) / 2.0


@final
@dataclass(frozen=True, slots=True)
class Watch:
    """What a plateau remembers: the lowest error, evaluations since, reductions so far."""

    best: float = float("inf")
    waited: int = 0
    reductions: int = 0


@final
@dataclass(frozen=True, kw_only=True)
class Plateau(Schedule):
    """Times `factor` whenever the test error has not improved for `patience` evaluations.

    The error is 1 - accuracy where there is one, else the test loss. An improvement is a decrease
    by more than `threshold` of the best value, as in PyTorch's ReduceLROnPlateau.
    """

    name: ClassVar[str] = "plateau"

    factor: float = field(default=0.1, metadata=argument(positive, "factor of each reduction"))
    patience: int = field(
        default=10, metadata=argument(natural, "evaluations without improvement that are let pass")
    )
    threshold: float = field(
        default=1e-4, metadata=argument(non_negative, "relative improvement that counts")
    )

    def scale(self, clock: Clock) -> float:
        return float(self.factor**clock.reductions)

    def observe(self, watch: Watch, error: float) -> Watch:
        """What is remembered after an evaluation that gave `error`."""
        if error < watch.best * (1.0 - self.threshold):
            return Watch(error, 0, watch.reductions)
        if watch.waited < self.patience:
            return replace(watch, waited=watch.waited + 1)
        return Watch(watch.best, 0, watch.reductions + 1)


@final
@dataclass(frozen=True, kw_only=True)
class Warmup(Schedule):
    """A straight line from `start` to 1 over `length` epochs; what follows starts after it."""

    name: ClassVar[str] = "warmup"

    length: int = field(metadata=argument(count, "epochs (or steps) of the rise"))
    start: float = field(default=0.01, metadata=argument(share, "factor of the first step"))
    unit: str = field(default="epochs", metadata=_UNIT)

    def steps(self, clock: Clock) -> int:
        """Length in steps."""
        return self.length * (1 if self.unit == "steps" else clock.epoch_steps)

    def scale(self, clock: Clock) -> float:
        done = min(1.0, clock.step / self.steps(clock))
        return self.start + (1.0 - self.start) * done


@final
@dataclass(frozen=True, kw_only=True)
class Chain(Schedule):
    """A warmup and then another schedule, whose clock starts when the warmup is over."""

    name: ClassVar[str] = "->"

    warmup: Warmup
    then: Schedule

    def scale(self, clock: Clock) -> float:
        steps = self.warmup.steps(clock)
        if clock.step < steps:
            return self.warmup.scale(clock)
        rest = replace(clock, step=clock.step - steps, steps=max(1, clock.steps - steps))
        return self.then.scale(rest)

    def __str__(self) -> str:
        return f"{self.warmup} -> {self.then}"


def plateau_of(schedule: Schedule) -> Plateau | None:
    """The part of a schedule that watches the test error, if there is one."""
    if isinstance(schedule, Chain):
        return plateau_of(schedule.then)
    return schedule if isinstance(schedule, Plateau) else None


ALL: tuple[type[Description], ...] = (ConstantRate, Step, Multistep, Cosine, Plateau, Warmup)
