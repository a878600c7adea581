"""Warns about changes of the learning rate after the end of the run: W0302.

Phases that begin after the end, and a warmup that doesn't finish, are errors.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution
from netlang.lint.trained import Training
from netlang.recipes.recipe import Epochs
from netlang.recipes.words.schedules import Multistep, Step
from netlang.recipes.words.timing import Clock, Phase

__all__ = ["change_beyond_end"]


def change_beyond_end(training: Training) -> Iterator[Caution]:
    """Milestones at or after the end, and a `step` whose first change is.

    Lengths in epochs and in steps aren't compared with each other, since the number of steps per
    epoch depends on the data.
    """
    recipe = training.recipe
    unit = "epochs" if isinstance(recipe.length, Epochs) else "steps"
    clock = Clock(0, 1, recipe.length.count)
    begin = 0
    for number, phase in enumerate(recipe.schedule.parts):
        if phase.unit != unit:
            return
        left = min(recipe.length.count - begin, phase.duration.steps(clock))
        late = _late(phase, left)
        if late is not None:
            what = "a milestone" if isinstance(phase, Multistep) else "the first change"
            yield diagnostics.ChangeBeyondEnd(
                span=recipe.places.get(f"schedule[{number}]", recipe.places.get("schedule")),
                what=what,
                schedule=phase.name,
                place=begin + late,
                length=begin + left,
                unit=unit,
            )
        begin += left


def _late(phase: Phase, length: int) -> int | None:
    """The first change that comes too late; None if there is none."""
    if isinstance(phase, Multistep):
        return next((place for place in sorted(phase.milestones) if place >= length), None)
    if isinstance(phase, Step) and phase.every >= length:
        return phase.every
    return None
