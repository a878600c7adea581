"""The steps of a recipe as they take turns: what their losses and gradients become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite, sqrt
from typing import ClassVar, final

from netlang.backends.torch.doctor.check import Check, Need, Turns
from netlang.backends.torch.doctor.patient import Patient
from netlang.backends.torch.doctor.short_run import ShortRun, short_run
from netlang.backends.torch.runtime.kinds import is_below
from netlang.recipes.sections.turn import Turn
from netlang.targets.doctor import CheckReport, Symptom

__all__ = ["PlayedTogether"]

# Steps of all together, more where a turn comes rarely, and the fewest batches.
_STEPS = 60
_FEWEST = 10
# The share of its first gradient below which a step has stopped to learn.
_VANISHED = 1e-4


@final
@dataclass
class _Seen:
    """The loss of one step, and the length of its gradient, each time that it was made."""

    turn: Turn
    losses: list[float] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)

    @property
    def row(self) -> tuple[str, ...]:
        return (self.turn.name, *_ends(self.losses), *_ends(self.lengths))


@final
class PlayedTogether(Check):
    """Some batches as in training. Losses that rise and fall are usual here, others aren't."""

    name: ClassVar[str] = "steps together"
    needs: ClassVar[tuple[Need, ...]] = (Need.FINITE, Need.AFFORDABLE, Need.GRADIENT)
    turns: ClassVar[Turns | str] = Turns.ONLY

    def examine(self, patient: Patient) -> CheckReport:
        turns = patient.recipe.turns
        wanted = max(_STEPS // len(turns), *(2 * turn.every for turn in turns))
        count = patient.steps(wanted * len(turns), patient.recipe.batch) // len(turns)
        if count < _FEWEST:
            return self.skipped("a step is too much work for this device")
        seen = tuple(map(_Seen, turns))

        def note(done: ShortRun) -> bool:
            _note(seen, done)
            return True

        done = short_run(patient, patient.train, [1.0] * count, go_on=note)
        rows = [("step", "first loss", "last", "first gradient", "last"), *(e.row for e in seen)]
        symptoms = [*_infinite(patient, seen, done), *_vanished(patient, seen)]
        return self.report(f"{len(done.losses)} batches", *symptoms, rows=tuple(rows))


def _ends(values: Sequence[float]) -> tuple[str, str]:
    """The first and the last; empty if the run was over before the first turn."""
    return (f"{values[0]:.4g}", f"{values[-1]:.4g}") if values else ("", "")


def _note(seen: Sequence[_Seen], done: ShortRun) -> None:
    """Take in what the last batch was for the steps whose turn it was."""
    for each, loss in zip(seen, done.state.turns.tolist(), strict=True):
        if done.state.step % each.turn.every == 0:
            each.losses.append(loss)
            each.lengths.append(_length(done, each.turn))
    done.state.turns.zero_()


def _length(done: ShortRun, turn: Turn) -> float:
    own = done.state.model.named_parameters()
    found = [w.grad for name, w in own if w.grad is not None and is_below(name, turn.train)]
    return sqrt(sum(float(each.square().sum()) for each in found))


def _infinite(patient: Patient, seen: Sequence[_Seen], done: ShortRun) -> Iterator[Symptom]:
    for each, loss in zip(seen, done.state.turns.tolist(), strict=True):
        if not isfinite(loss):
            yield Symptom(
                "loss not finite",
                f"the loss of `step {each.turn.name}` isn't finite on batch {len(done.losses)}",
                "lower its rate, or bound the gradient with `clip_norm`",
                each.turn.places["optimizer"],
            )


def _vanished(patient: Patient, seen: Sequence[_Seen]) -> Iterator[Symptom]:
    for each in seen:
        if each.lengths and each.lengths[-1] < _VANISHED * each.lengths[0]:
            yield Symptom(
                "vanishing gradients",
                f"after {len(each.losses)} times the gradient of `step {each.turn.name}` is"
                f" {each.lengths[-1]:.2g}, and was {each.lengths[0]:.2g}: the others have won",
                "lower the rates of the others, or take a loss that doesn't saturate",
                each.turn.places["loss"],
                wrong=False,
            )
