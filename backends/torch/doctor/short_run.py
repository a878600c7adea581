"""Short runs of a recipe, which leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from math import isfinite
from typing import final

import torch
from torch import nn

from netlang.backends.torch.data.sets import Batch, Examples
from netlang.backends.torch.doctor.patient import Patient
from netlang.backends.torch.train.evaluation import evaluating
from netlang.backends.torch.train.state import State
from netlang.backends.torch.train.steps.step import Stepper
from netlang.backends.torch.train.world import World
from netlang.recipes.words.timing import Pace

__all__ = ["ShortRun", "accuracy", "repeated", "short_run"]


@final
@dataclass
class ShortRun:
    """A short run: the loss of each step, before it, and the state at its end."""

    state: State
    losses: list[float] = field(default_factory=list)

    @property
    def finite(self) -> bool:
        return all(map(isfinite, self.losses))

    def last(self, count: int = 10) -> float:
        """The mean of the last losses."""
        some = self.losses[-count:]
        return sum(some) / max(1, len(some))


def short_run(
    patient: Patient,
    examples: Examples,
    scales: Sequence[float],
    *,
    augmented: bool = True,
    go_on: Callable[[ShortRun], bool] = lambda _: True,
) -> ShortRun:
    """One step for each of `scales`, factors on the recipe's rates, from its initial weights.

    It ends early at a loss that isn't finite, or when `go_on` says so.
    """
    done = ShortRun(patient.state())
    stepper = _stepper(patient, done.state)
    with closing(patient.part(examples, augmented=augmented)) as part:
        batches = _endless(part.batches, part.epoch_steps, part.whole)
        for scale, (batch, whole) in zip(scales, batches, strict=False):
            if not _stepped(stepper, done, batch, whole, scale) or not go_on(done):
                break
    return done


def repeated(
    patient: Patient,
    batch: Batch,
    scales: Sequence[float],
    go_on: Callable[[ShortRun], bool] = lambda _: True,
) -> ShortRun:
    """The same with one batch, again and again."""
    done = ShortRun(patient.state())
    stepper = _stepper(patient, done.state)
    for scale in scales:
        if not _stepped(stepper, done, batch, len(batch), scale) or not go_on(done):
            break
    return done


def _stepper(patient: Patient, state: State) -> Stepper:
    return Stepper(patient.recipe, patient.objective, state, World())


def _stepped(stepper: Stepper, done: ShortRun, batch: Batch, whole: int, scale: float) -> bool:
    """Make one step; returns whether its loss is finite."""
    state = done.state
    state.losses.zero_()
    stepper(batch, whole, Pace(scale))
    done.losses.append(float(state.losses))
    return isfinite(done.losses[-1])


def _endless(
    batches: Callable[[int, int], Iterator[Batch]], steps: int, whole: Callable[[int], int]
) -> Iterator[tuple[Batch, int]]:
    """The batches of one epoch after the other, with the number of examples in each."""
    epoch = 0
    while True:
        for position, batch in enumerate(batches(epoch, 0)):
            yield batch, whole(position % steps)
        epoch += 1


@torch.no_grad()
def accuracy(patient: Patient, model: nn.Module, batch: Batch) -> float:
    """The share of a batch that is classified correctly in evaluation mode."""
    with evaluating(model):
        found = patient.objective.correct(patient.objective.values(model, batch))
    assert found is not None
    return float(found) / len(batch)
