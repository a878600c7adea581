"""Schedules: the learning rate over the run, as a factor on the optimizer's `lr`.

Every factor is a pure function of a `Clock`, so a resumed run computes the same rates. Schedules
joined by `->` follow each other; each but the last has a length, and the clock of each starts when
the one before is over. Lengths are in epochs or, with `unit=steps`, in optimizer steps. Smooth
schedules change at every step, whatever the unit.
"""

from __future__ import annotations

from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, count, flag, natural
from netlang.recipes.description import Description
from netlang.recipes.kinds import counts, non_negative, open_share, positive, share
from netlang.recipes.words import rates
from netlang.recipes.words.timing import Clock, Duration, Phase, RateRule, Schedule, Setting, Watch
from netlang.records import replace

__all__ = [
    "ALL", "ConstantRate", "Cosine", "Exponential", "Linear", "Multistep", "OneCycle", "Plateau",
    "Poly", "Step", "Warmup", "ends_wave", "watching",
]  # fmt: skip

_UNIT = (choice("epochs", "steps"), "what the lengths of this schedule count")
_LENGTH = (count, "how long it lasts; without, to the end of the run")
_FLOOR = (share, "factor at the end")
_GAMMA = (positive, "factor of each change")


@final
class ConstantRate(Phase):
    """The same rate throughout."""

    name: ClassVar[str] = "constant"

    factor: float = argument(positive, "factor on the rate", default=1.0)
    length: int | None = argument(*_LENGTH, default=None)
    unit: str = argument(*_UNIT, default="epochs")

    @property
    def rule(self) -> RateRule:
        return RateRule(rates.constant, {"factor": self.factor})


@final
class Step(Phase):
    """Times `gamma` after every `every` epochs."""

    name: ClassVar[str] = "step"

    every: int = argument(count, "epochs (or steps) between two changes")
    gamma: float = argument(*_GAMMA, default=0.1)
    unit: str = argument(*_UNIT, default="epochs")
    length: int | None = argument(*_LENGTH, default=None)

    @property
    def rule(self) -> RateRule:
        return RateRule(rates.step_decay, {"every": self.every, "gamma": self.gamma}, self.unit)


@final
class Multistep(Phase):
    """Times `gamma` at each of the given epochs."""

    name: ClassVar[str] = "multistep"

    milestones: tuple[int, ...] = argument(counts, "epochs (or steps) of the changes")
    gamma: float = argument(*_GAMMA, default=0.1)
    unit: str = argument(*_UNIT, default="epochs")
    length: int | None = argument(*_LENGTH, default=None)

    @property
    def rule(self) -> RateRule:
        settings: dict[str, Setting] = {"milestones": self.milestones, "gamma": self.gamma}
        return RateRule(rates.multistep, settings, self.unit)


@final
class Exponential(Phase):
    """Times `gamma` after every epoch."""

    name: ClassVar[str] = "exponential"

    gamma: float = argument(*_GAMMA)
    unit: str = argument(*_UNIT, default="epochs")
    length: int | None = argument(*_LENGTH, default=None)

    @property
    def rule(self) -> RateRule:
        return RateRule(rates.exponential, {"gamma": self.gamma}, self.unit)


@final
class Linear(Phase):
    """A straight line from `start` to `end`."""

    name: ClassVar[str] = "linear"

    start: float = argument(non_negative, "factor of the first step", default=1.0)
    end: float = argument(non_negative, "factor at the end", default=0.0)
    length: int | None = argument(*_LENGTH, default=None)
    unit: str = argument(*_UNIT, default="epochs")

    @property
    def rule(self) -> RateRule:
        settings: dict[str, Setting] = {
            "length": self.duration,
            "start": self.start,
            "end": self.end,
        }
        return RateRule(rates.linear, {"length": self.duration, **settings})


@final
class Poly(Phase):
    """From 1 to `floor` along (1 - t)^power."""

    name: ClassVar[str] = "poly"

    power: float = argument(positive, "exponent; 1 is a line", default=1.0)
    floor: float = argument(*_FLOOR, default=0.0)
    length: int | None = argument(*_LENGTH, default=None)
    unit: str = argument(*_UNIT, default="epochs")

    @property
    def rule(self) -> RateRule:
        settings: dict[str, Setting] = {
            "length": self.duration,
            "power": self.power,
            "floor": self.floor,
        }
        return RateRule(rates.poly, settings)


@final
class Cosine(Phase):
    """Half a cosine wave from 1 to `floor`; Loshchilov, Hutter 2016, arXiv:1608.03983, eq. 5.

    With `restart`, the first wave has that length, and each further one is `growth` times as long.
    """

    name: ClassVar[str] = "cosine"

    floor: float = argument(*_FLOOR, default=0.0)
    restart: int | None = argument(count, "epochs (or steps) of the first wave (T_0)", default=None)
    growth: int = argument(count, "factor on the length (T_mult)", default=1)
    length: int | None = argument(*_LENGTH, default=None)
    unit: str = argument(*_UNIT, default="epochs")

    @property
    def rule(self) -> RateRule:
        if self.restart is None:
            return RateRule(rates.cosine, {"length": self.duration, "floor": self.floor})
        first = Duration(self.restart, self.unit)
        settings: dict[str, Setting] = {"first": first, "growth": self.growth, "floor": self.floor}
        return RateRule(rates.cosine_restarts, settings)

    def ends(self, clock: Clock) -> bool:
        """Whether the step after `clock.step` steps is the last one of a wave with a restart."""
        if self.restart is None:
            return False
        first = Duration(self.restart, self.unit).steps(clock)
        return rates.ends_wave(clock.step + 1, first, self.growth)


@final
class OneCycle(Phase):
    """Up to `lr` and down again, the momentum in reverse; Smith 2017, arXiv:1708.07120.

    The settings are those of `torch.optim.lr_scheduler.OneCycleLR`. For Adam's family, the momentum
    is the first beta.
    """

    name: ClassVar[str] = "one_cycle"

    rise: float = argument(open_share, "share of the time that the rate rises", default=0.3)
    anneal: str = argument(choice("cos", "linear"), "shape of the phases", default="cos")
    div: float = argument(positive, "the rate starts at lr / div", default=25.0)
    final_div: float = argument(positive, "and ends at lr / (div final_div)", default=1e4)
    three_phases: bool = argument(
        flag, "fall as long as it rose, and then to the end", default=False
    )
    cycle_momentum: bool = argument(flag, "whether the momentum changes too", default=True)
    base_momentum: float = argument(share, "momentum at the top", default=0.85)
    max_momentum: float = argument(share, "momentum at both ends", default=0.95)
    length: int | None = argument(*_LENGTH, default=None)
    unit: str = argument(*_UNIT, default="epochs")

    @property
    def rule(self) -> RateRule:
        three, start = self.three_phases, 1.0 / self.div
        high, low = self.max_momentum, self.base_momentum
        momenta = (high, low, high, high) if three else (high, low, high)
        factors = (start, 1.0, *((start,) if three else ()), start / self.final_div)
        momentum = self._cycle(momenta) if self.cycle_momentum else None
        return self._cycle(factors, momentum)

    def _cycle(self, points: tuple[float, ...], momentum: RateRule | None = None) -> RateRule:
        settings: dict[str, Setting] = {
            "length": self.duration,
            "rise": self.rise,
            "points": points,
            "straight": self.anneal == "linear",
        }
        return RateRule(rates.cycle, settings, momentum=momentum)


@final
class Plateau(Phase):
    """Times `factor` when the error has not improved for `patience` evaluations.

    The error is that of the validation part: 1 - accuracy if there are classes, else the loss.
    Without a validation part, it is the mean training loss since the last evaluation. The threshold
    of improvement and `cooldown` work as in PyTorch's ReduceLROnPlateau.
    """

    name: ClassVar[str] = "plateau"

    factor: float = argument(open_share, "factor of each reduction", default=0.1)
    patience: int = argument(
        natural, "evaluations without improvement that are let pass", default=10
    )
    threshold: float = argument(non_negative, "relative improvement that counts", default=1e-4)
    cooldown: int = argument(natural, "evaluations after a reduction that don't count", default=0)
    floor: float = argument(share, "the smallest factor", default=0.0)
    length: int | None = argument(*_LENGTH, default=None)
    unit: str = argument(*_UNIT, default="epochs")

    @property
    def rule(self) -> RateRule:
        return RateRule(rates.plateau, {"factor": self.factor, "floor": self.floor}, "reductions")

    def observe(self, watch: Watch, error: float) -> Watch:
        """The memory after an evaluation that gave `error`.

        During a cooldown, `Watch.waited` counts up from below 0.
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
class Warmup(Phase):
    """A straight line from `start` to 1; Goyal et al. 2017, arXiv:1706.02677, section 2.2."""

    name: ClassVar[str] = "warmup"

    length: int = argument(count, "epochs (or steps) of the rise")
    start: float = argument(share, "factor of the first step", default=0.01)
    unit: str = argument(*_UNIT, default="epochs")

    @property
    def rule(self) -> RateRule:
        return RateRule(rates.linear, {"length": self.duration, "start": self.start, "end": 1.0})


def ends_wave(schedule: Schedule, clock: Clock) -> bool:
    """Whether the step after `clock.step` steps is the last one of a cosine wave with restarts."""
    phase, own = schedule.at(clock)
    return isinstance(phase, Cosine) and phase.ends(own)


def watching(schedule: Schedule, clock: Clock) -> Plateau | None:
    """The plateau that watches the error at a time, if there is one."""
    phase, _ = schedule.at(clock)
    return phase if isinstance(phase, Plateau) else None


ALL: tuple[type[Description], ...] = (
    ConstantRate, Step, Multistep, Exponential, Linear, Poly, Cosine, OneCycle, Plateau, Warmup,
)  # fmt: skip
