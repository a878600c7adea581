"""The range test of the learning rate, and two short runs that compare it with the recipe's."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite, log
from typing import ClassVar, final

from netlang.backends.torch.doctor.check import Check, Need, Turns
from netlang.backends.torch.doctor.patient import Patient
from netlang.backends.torch.doctor.pictures import draw_rates
from netlang.backends.torch.doctor.short_run import ShortRun, short_run
from netlang.recipes.words.timing import Clock
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["RangeTest", "Rates"]

_STEPS = 100
_FEWEST = 40
_LOWEST, _HIGHEST = 1e-6, 10.0
_DECAY = 0.85
# The test ends where the loss is so many times what it was at best.
_BLOWN = 4.0
_SHORT = 60
_FEWEST_SHORT = 20
# What a run has to lower the loss by to count as learning.
_LEARNS = 0.1
# A schedule that begins below this share of the rate warms up.
_WARMS = 0.5
# How far from the suggestion a rate must be, and how much worse a short run at it: `highest` itself
# is ten times the suggestion, and a rate below it only needs more time.
_HIGH, _WORSE = 8.0, 1.3
_LOW, _HARDLY = 25.0, 0.4
# Where nothing is suggested: by what share of itself the loss has to grow at the recipe's rate, and
# the shares of that rate that are tried instead.
_GROWN = 0.3
_SMALLER = (0.1, 0.01, 0.001)


@final
@dataclass(frozen=True)
class RangeTest:
    """The loss of each step of a run whose rate grows, as it was and smoothed.

    The loss begins to grow at about `highest`, after which steps are too long.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smooth: tuple[float, ...]

    @property
    def highest(self) -> float:
        return self.rates[self.smooth.index(min(self.smooth))]

    @property
    def suggested(self) -> float | None:
        """A tenth of `highest`, rounded to one digit; None if the loss doesn't fall."""
        if min(self.smooth) > self.smooth[0] * (1 - _LEARNS / 2):
            return None
        return float(f"{self.highest / 10:.0e}")


@final
class Rates(Check):
    """How the loss goes as the rate grows from step to step; Smith 2015, arXiv:1506.01186.

    The recipe's rate is wrong if a short run at it fails where one at the suggested rate learns.
    """

    name: ClassVar[str] = "learning rate"
    needs: ClassVar[tuple[Need, ...]] = (Need.FINITE, Need.AFFORDABLE, Need.GRADIENT)
    turns: ClassVar[Turns | str] = (
        "the loss of a step needn't fall, as the other steps work against it"
    )

    def examine(self, patient: Patient) -> CheckReport:
        own = patient.recipe.optimizer.lr
        count = patient.steps(_STEPS, patient.recipe.batch)
        if count < _FEWEST:
            return self.skipped("a step is too much work for this device")
        test = _tested(patient, count, own)
        if len(test.losses) < 3:
            return self.skipped("the loss isn't finite after the first steps")
        suggested = test.suggested
        pictures = draw_rates(patient.options.folder, test, own)
        if suggested is None:
            measured = f"the loss falls at no rate from {_LOWEST:g} to {test.rates[-1]:.2g}"
            symptoms = _blown_up(patient, test.smooth[0], own)
            return self.report(measured, *symptoms, rows=_rows(test), pictures=pictures)
        measured = f"{suggested:g} is suggested, the recipe has {own:g}"
        rows = _rows(test)
        return self.report(
            measured, *_judged(patient, test, own, suggested), rows=rows, pictures=pictures
        )


def _tested(patient: Patient, count: int, own: float) -> RangeTest:
    step = log(_HIGHEST / _LOWEST) / (count - 1)
    rates = [_LOWEST * exp(step * place) for place in range(count)]
    smooth: list[float] = []
    state = 0.0

    def go_on(done: ShortRun) -> bool:
        nonlocal state
        state = _DECAY * state + (1 - _DECAY) * done.losses[-1]
        smooth.append(state / (1 - _DECAY ** (len(smooth) + 1)))
        return smooth[-1] < _BLOWN * max(min(smooth), 1e-12) or len(smooth) < 10

    done = short_run(patient, patient.train, [rate / own for rate in rates], go_on=go_on)
    losses = [loss for loss in done.losses if isfinite(loss)]
    size = min(len(losses), len(smooth))
    return RangeTest(tuple(rates[:size]), tuple(losses[:size]), tuple(smooth[:size]))


def _judged(patient: Patient, test: RangeTest, own: float, suggested: float) -> list[Symptom]:
    """Whether the recipe's rate is far from the suggestion, and does much worse in a short run."""
    if suggested / _LOW < own < suggested * _HIGH:
        return []
    count = patient.steps(_SHORT, patient.recipe.batch)
    if count < _FEWEST_SHORT:
        return []
    here, there = _short(patient, count, 1.0), _short(patient, count, suggested / own)
    ours, theirs = (_progress(done, test.smooth[0]) for done in (here, there))
    high = own > suggested
    much = here.last() > _WORSE * there.last() if high else ours < _HARDLY * theirs
    if theirs < _LEARNS or (here.finite and not much):
        return []
    patient.working_rate = suggested
    times = max(own / suggested, suggested / own)
    how = "grows or stays" if ours <= 0 else f"falls by {ours:.0%}"
    return [
        Symptom(
            f"learning rate too {'high' if high else 'low'}",
            f"{own:g} is {times:,.0f} times {'more' if high else 'less'} than the {suggested:g}"
            f" that the range test suggests: in {count} steps the loss {how} with it, and falls by"
            f" {theirs:.0%} with that",
            f"try `lr={suggested:g}`",
            patient.place("optimizer"),
        )
    ]


def _blown_up(patient: Patient, start: float, own: float) -> list[Symptom]:
    """Whether the loss grows at the recipe's rate, where the range test suggests none.

    A net may need more steps than those of the test before its loss falls; no right rate makes it
    grow all the same. Smaller rates are tried, for one at which the loss falls.
    """
    count = patient.steps(_SHORT, patient.recipe.batch)
    if count < _FEWEST_SHORT:
        return []
    here = _short(patient, count, 1.0)
    if _progress(here, start) > -_GROWN:
        return []
    tried = {scale: _progress(_short(patient, count, scale), start) for scale in _SMALLER}
    best = max(tried, key=tried.__getitem__)
    learns = tried[best] >= _LEARNS
    rate = float(f"{own * best:.0e}")
    if learns:
        patient.working_rate = rate
    grown = f"from {start:.3g} to {here.last():.3g}" if here.finite else "beyond all numbers"
    instead = f", and falls by {tried[best]:.0%} with {rate:g}" if learns else ""
    return [
        Symptom(
            "learning rate too high",
            f"in {count} steps the loss grows {grown} with {own:g}{instead}",
            f"try `lr={rate:g}`" if learns else "try a rate that is 10 or 100 times smaller",
            patient.place("optimizer"),
        )
    ]


def _short(patient: Patient, count: int, scale: float) -> ShortRun:
    """A short run at a rate; it grows to that in the first third, if the recipe warms up."""
    start = patient.recipe.schedule.pace(Clock(0, count, 100 * count)).scale
    ramp = count // 3 if start < _WARMS else 0
    scales = [scale * min(1.0, (place + 1) / max(1, ramp)) for place in range(count)]
    return short_run(patient, patient.train, scales)


def _progress(done: ShortRun, start: float) -> float:
    """By what share a run lowered the loss; negative if it grew."""
    last = done.last()
    return (start - last) / max(abs(start), 1e-12) if isfinite(last) else -1.0


def _rows(test: RangeTest) -> tuple[tuple[str, ...], ...]:
    """The smoothed loss once in a decade."""
    rows = [("rate", "loss")]
    decade = log(_LOWEST)
    for rate, loss in zip(test.rates, test.smooth, strict=True):
        if log(rate) >= decade - 0.1:
            rows.append((f"{float(f'{rate:.0e}'):g}", f"{loss:.4g}"))
            decade += log(10)
    return tuple(rows)
