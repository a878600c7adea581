"""Checks whether a schedule fits the length of the run and the optimizer."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.check.run import late_averages
from netlang.recipes.recipe import Epochs, Recipe
from netlang.recipes.sections.check import never_made
from netlang.recipes.words.optimizers import AdaDelta, AdaGrad, RmsProp
from netlang.recipes.words.schedules import Cosine, OneCycle, Plateau, Warmup
from netlang.recipes.words.timing import REST, Clock, Duration, Phase, RateRule, Schedule
from netlang.source import Span

__all__ = ["check_schedule", "require_time", "stretched"]


def check_schedule(recipe: Recipe) -> Iterator[Diagnostic]:
    """Every error in a schedule that can be found without the data."""
    phases = recipe.schedule.parts
    span = recipe.places.get("schedule")
    if sum(isinstance(phase, Plateau) for phase in phases) > 1:
        yield refusals.SeveralPlateaus(span=span)
    if any(map(_cycles, phases)) and _without_momentum(recipe, phases[0]):
        yield refusals.NoMomentumToCycle(span=span, optimizer=recipe.optimizer.name)
    unit = "epochs" if isinstance(recipe.length, Epochs) else "steps"
    if all(phase.unit == unit for phase in phases if phase.length is not None):
        # With one unit for all, it doesn't matter how many steps an epoch has.
        yield from _overrun(recipe, Clock(0, 1, recipe.length.count), unit)
    if all(warmup.unit == unit for warmup, _ in _warmups(recipe)):
        yield from _unfinished(recipe, Clock(0, 1, recipe.length.count), unit)
    if unit == "steps":
        yield from never_made(recipe, recipe.length.count)
    timed = [phase for phase in phases if phase.length is not None or _restarts(phase)]
    if all(phase.unit == unit for phase in timed) or not any(map(_restarts, phases)):
        yield from _without_waves(recipe, Clock(0, 1, recipe.length.count))


def _restarts(phase: Phase) -> bool:
    return isinstance(phase, Cosine) and phase.restart is not None


def _without_waves(recipe: Recipe, clock: Clock) -> Iterator[Diagnostic]:
    """The error of a recipe that keeps weights after waves, none of which ends within the run."""
    begin, phases = 0, recipe.schedule.parts
    for phase in phases:
        if isinstance(phase, Cosine) and phase.restart is not None:
            first = Duration(phase.restart, phase.unit).steps(clock)
            if first <= phase.duration.steps(clock) and begin + first <= clock.steps:
                return
        begin += phase.duration.steps(clock)
    if recipe.snapshots:
        unit = "epochs" if isinstance(recipe.length, Epochs) else "steps"
        yield refusals.NoWaves(
            span=recipe.places["snapshots"],
            why="none ends within the run" if any(map(_restarts, phases)) else "there are none",
            length=max(1, recipe.length.count // 5),
            unit="" if unit == "epochs" else ", unit=steps",
        )


def _cycles(phase: Phase) -> bool:
    return isinstance(phase, OneCycle) and phase.cycle_momentum


def _without_momentum(recipe: Recipe, first: Phase) -> bool:
    """Whether the optimizer has no momentum: `rmsprop` keeps none if it begins without."""
    used = recipe.optimizer
    if isinstance(used, RmsProp):
        if isinstance(first, OneCycle) and first.cycle_momentum:
            return first.max_momentum == 0.0
        return used.momentum == 0.0
    return isinstance(used, AdaGrad | AdaDelta)


def require_time(recipe: Recipe, epoch_steps: int, steps: int) -> None:
    """Raise `NetlangError` if the run ends before a part of the schedule, `swa` or a step comes."""
    problems = [
        *_overrun(recipe, Clock(0, epoch_steps, steps), "steps"),
        *_unfinished(recipe, Clock(0, epoch_steps, steps), "steps"),
        *late_averages(recipe, steps // epoch_steps),
        *never_made(recipe, steps),
        *_without_waves(recipe, Clock(0, epoch_steps, steps)),
    ]
    if problems:
        raise NetlangError(*problems)


def _warmups(recipe: Recipe) -> Iterator[tuple[Warmup, Span]]:
    """The warm-ups of terms of the loss."""
    for term in recipe.loss.terms:
        if term.warmup is not None:
            yield term.warmup, term.span


def _unfinished(recipe: Recipe, clock: Clock, unit: str) -> Iterator[Diagnostic]:
    """Terms of the loss that never get their full weight."""
    for warmup, span in _warmups(recipe):
        end = warmup.duration.steps(clock)
        if end > clock.steps:
            needed, steps = f"ends after {end} {unit}", f"{clock.steps}"
            yield refusals.ScheduleOverrun(
                span=span, name=warmup.name, what="is over", needed=needed, steps=steps
            )
            return


def stretched(schedule: Schedule) -> Phase | None:
    """The part of a schedule that lasts as long as the run, if there is one.

    In a longer run, the rates from the beginning of that part on would be different.
    """
    return next((phase for phase in schedule.parts if _follows_the_run(phase.rule)), None)


def _follows_the_run(rule: RateRule) -> bool:
    return REST in rule.settings.values() or (
        rule.momentum is not None and _follows_the_run(rule.momentum)
    )


def _overrun(recipe: Recipe, clock: Clock, unit: str) -> Iterator[Diagnostic]:
    """Parts that begin after the end of the run, and a warmup that doesn't finish."""
    begin, phases = 0, recipe.schedule.parts
    for phase in phases:
        end = begin + phase.duration.steps(clock)
        late = begin >= clock.steps
        if late or (isinstance(phase, Warmup) and end > clock.steps):
            yield refusals.ScheduleOverrun(
                span=recipe.places.get("schedule"),
                name=phase.name,
                what="begins" if late else "is over",
                needed=f"{'begins' if late else 'ends'} after {begin if late else end} {unit}",
                steps=f"{clock.steps}",
            )
            return
        begin = end
