"""Schedules: the learning rate over the run, as a factor on the optimizer's `lr`.

Every factor is a pure function of a `Clock`, so a resumed run computes the rates of the first one.
Schedules joined by `->` follow each other; each but the last has a length, and the clock of each
starts when the one before is over. Lengths are in epochs or, with `unit=steps`, in steps of the
optimizer. Smooth schedules change at every step, whatever the unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, count, flag, natural
from netlang.recipes.description import Description
from netlang.recipes.kinds import counts, non_negative, open_share, positive, share
from netlang.recipes.words import rates
from netlang.recipes.words.timing import Clock, Duration, Phase, Rule, Schedule, Setting, Watch

__all__ = [
    "ALL", "ConstantRate", "Cosine", "Exponential", "Linear", "Multistep", "OneCycle", "Plateau",
    "Poly", "Step", "Warmup", "watching",
]  # fmt: skip

_UNIT = argument(choice("epochs", "steps"), "what the lengths of this schedule count")
_LENGTH = argument(count, "how long it lasts; without, to the end of the run")
_FLOOR = argument(share, "factor at the end")
_GAMMA = argument(positive, "factor of each change")


@final
@dataclass(frozen=True, kw_only=True)
class ConstantRate(Phase):
    """The same rate throughout."""

    name: ClassVar[str] = "constant"

    factor: float = field(default=1.0, metadata=argument(positive, "factor on the rate"))
    length: int | None = field(default=None, metadata=_LENGTH)
    unit: str = field(default="epochs", metadata=_UNIT)

    @property
    def rule(self) -> Rule:
        return Rule(rates.constant, {"factor": self.factor})


@final
@dataclass(frozen=True, kw_only=True)
class Step(Phase):
    """Times `gamma` after every `every` epochs."""

    name: ClassVar[str] = "step"

    every: int = field(metadata=argument(count, "epochs (or steps) between two changes"))
    gamma: float = field(default=0.1, metadata=_GAMMA)
    unit: str = field(default="epochs", metadata=_UNIT)
    length: int | None = field(default=None, metadata=_LENGTH)

    @property
    def rule(self) -> Rule:
        return Rule(rates.step_decay, {"every": self.every, "gamma": self.gamma}, self.unit)


@final
@dataclass(frozen=True, kw_only=True)
class Multistep(Phase):
    """Times `gamma` at each of the given epochs."""

    name: ClassVar[str] = "multistep"

    milestones: tuple[int, ...] = field(
        metadata=argument(counts, "epochs (or steps) of the changes")
    )
    gamma: float = field(default=0.1, metadata=_GAMMA)
    unit: str = field(default="epochs", metadata=_UNIT)
    length: int | None = field(default=None, metadata=_LENGTH)

    @property
    def rule(self) -> Rule:
        settings: dict[str, Setting] = {"milestones": self.milestones, "gamma": self.gamma}
        return Rule(rates.multistep, settings, self.unit)


@final
@dataclass(frozen=True, kw_only=True)
class Exponential(Phase):
    """Times `gamma` after every epoch."""

    name: ClassVar[str] = "exponential"

    gamma: float = field(metadata=_GAMMA)
    unit: str = field(default="epochs", metadata=_UNIT)
    length: int | None = field(default=None, metadata=_LENGTH)

    @property
    def rule(self) -> Rule:
        return Rule(rates.exponential, {"gamma": self.gamma}, self.unit)


@final
@dataclass(frozen=True, kw_only=True)
class Linear(Phase):
    """A straight line from `start` to `end`."""

    name: ClassVar[str] = "linear"

    start: float = field(default=1.0, metadata=argument(non_negative, "factor of the first step"))
    end: float = field(default=0.0, metadata=argument(non_negative, "factor at the end"))
    length: int | None = field(default=None, metadata=_LENGTH)
    unit: str = field(default="epochs", metadata=_UNIT)

    @property
    def rule(self) -> Rule:
        settings: dict[str, Setting] = {
            "length": self.duration,
            "start": self.start,
            "end": self.end,
        }
        return Rule(rates.linear, {"length": self.duration, **settings})


@final
@dataclass(frozen=True, kw_only=True)
class Poly(Phase):
    """From 1 to `floor` along (1 - t)^power."""

    name: ClassVar[str] = "poly"

    power: float = field(default=1.0, metadata=argument(positive, "exponent; 1 is a line"))
    floor: float = field(default=0.0, metadata=_FLOOR)
    length: int | None = field(default=None, metadata=_LENGTH)
    unit: str = field(default="epochs", metadata=_UNIT)

    @property
    def rule(self) -> Rule:
        settings: dict[str, Setting] = {
            "length": self.duration,
            "power": self.power,
            "floor": self.floor,
        }
        return Rule(rates.poly, settings)


@final
@dataclass(frozen=True, kw_only=True)
class Cosine(Phase):
    """Half a cosine wave from 1 to `floor`; Loshchilov, Hutter 2016, arXiv:1608.03983, eq. 5.

    With `restart` the first wave has that length, each further one is `growth` times as long.
    """

    name: ClassVar[str] = "cosine"

    floor: float = field(default=0.0, metadata=_FLOOR)
    restart: int | None = field(
        default=None, metadata=argument(count, "epochs (or steps) of the first wave (T_0)")
    )
    growth: int = field(default=1, metadata=argument(count, "factor on the length (T_mult)"))
    length: int | None = field(default=None, metadata=_LENGTH)
    unit: str = field(default="epochs", metadata=_UNIT)

    @property
    def rule(self) -> Rule:
        if self.restart is None:
            return Rule(rates.cosine, {"length": self.duration, "floor": self.floor})
        first = Duration(self.restart, self.unit)
        settings: dict[str, Setting] = {"first": first, "growth": self.growth, "floor": self.floor}
        return Rule(rates.cosine_restarts, settings)


@final
@dataclass(frozen=True, kw_only=True)
class OneCycle(Phase):
    """Up to `lr` and down again, the momentum the other way; Smith 2017, arXiv:1708.07120.

    The settings are those of `torch.optim.lr_scheduler.OneCycleLR`. Optimizers of Adam's family
    have their first beta for the momentum.
    """

    name: ClassVar[str] = "one_cycle"

    rise: float = field(
        default=0.3, metadata=argument(open_share, "share of the time that the rate rises")
    )
    anneal: str = field(
        default="cos", metadata=argument(choice("cos", "linear"), "shape of the phases")
    )
    div: float = field(default=25.0, metadata=argument(positive, "the rate starts at lr / div"))
    final_div: float = field(
        default=1e4, metadata=argument(positive, "and ends at lr / (div final_div)")
    )
    three_phases: bool = field(
        default=False, metadata=argument(flag, "fall as long as it rose, and then to the end")
    )
    cycle_momentum: bool = field(
        default=True, metadata=argument(flag, "whether the momentum changes too")
    )
    base_momentum: float = field(default=0.85, metadata=argument(share, "momentum at the top"))
    max_momentum: float = field(default=0.95, metadata=argument(share, "momentum at both ends"))
    length: int | None = field(default=None, metadata=_LENGTH)
    unit: str = field(default="epochs", metadata=_UNIT)

    @property
    def rule(self) -> Rule:
        three, start = self.three_phases, 1.0 / self.div
        high, low = self.max_momentum, self.base_momentum
        momenta = (high, low, high, high) if three else (high, low, high)
        factors = (start, 1.0, *((start,) if three else ()), start / self.final_div)
        momentum = self._cycle(momenta) if self.cycle_momentum else None
        return self._cycle(factors, momentum)

    def _cycle(self, points: tuple[float, ...], momentum: Rule | None = None) -> Rule:
        settings: dict[str, Setting] = {
            "length": self.duration,
            "rise": self.rise,
            "points": points,
            "straight": self.anneal == "linear",
        }
        return Rule(rates.cycle, settings, momentum=momentum)


@final
@dataclass(frozen=True, kw_only=True)
class Plateau(Phase):
    """Times `factor` when the error has not improved for `patience` evaluations.

    The error is that of the validation part: 1 - accuracy where there are classes, else the loss.
    Without a validation part it is the mean training loss since the evaluation before. What counts
    as better, and `cooldown`, is as in PyTorch's ReduceLROnPlateau.
    """

    name: ClassVar[str] = "plateau"

    factor: float = field(default=0.1, metadata=argument(open_share, "factor of each reduction"))
    patience: int = field(
        default=10, metadata=argument(natural, "evaluations without improvement that are let pass")
    )
    threshold: float = field(
        default=1e-4, metadata=argument(non_negative, "relative improvement that counts")
    )
    cooldown: int = field(
        default=0, metadata=argument(natural, "evaluations after a reduction that don't count")
    )
    floor: float = field(default=0.0, metadata=argument(share, "the smallest factor"))
    length: int | None = field(default=None, metadata=_LENGTH)
    unit: str = field(default="epochs", metadata=_UNIT)

    @property
    def rule(self) -> Rule:
        return Rule(rates.plateau, {"factor": self.factor, "floor": self.floor}, "reductions")

    def observe(self, watch: Watch, error: float) -> Watch:
        """What is remembered after an evaluation that gave `error`.

        `Watch.waited` counts up from below 0 while it cools down.
        """
        cooling = min(watch.waited + 1, 0)
        if error < watch.best * (1.0 - self.threshold):
            return Watch(error, cooling, watch.reductions)
        if watch.waited < 0:
            return replace(watch, waited=cooling)
        if watch.waited < self.patience:
            return replace(watch, waited=watch.waited + 1)
        return Watch(watch.best, -self.cooldown, watch.reductions + 1)


@final
@dataclass(frozen=True, kw_only=True)
class Warmup(Phase):
    """A straight line from `start` to 1; Goyal et al. 2017, arXiv:1706.02677, section 2.2."""

    name: ClassVar[str] = "warmup"

    length: int = field(metadata=argument(count, "epochs (or steps) of the rise"))
    start: float = field(default=0.01, metadata=argument(share, "factor of the first step"))
    unit: str = field(default="epochs", metadata=_UNIT)

    @property
    def rule(self) -> Rule:
        return Rule(rates.linear, {"length": self.duration, "start": self.start, "end": 1.0})


def watching(schedule: Schedule, clock: Clock) -> Plateau | None:
    """The plateau that looks at the error at a time, if one does."""
    phase, _ = schedule.at(clock)
    return phase if isinstance(phase, Plateau) else None


ALL: tuple[type[Description], ...] = (
    ConstantRate, Step, Multistep, Exponential, Linear, Poly, Cosine, OneCycle, Plateau, Warmup,
)  # fmt: skip
