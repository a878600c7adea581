"""Short runs of a recipe, which leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count, repeat
from math import isfinite
from typing import final

import torch
from torch import nn

from netlang.backends.torch.data.sets import Batch, Examples
from netlang.backends.torch.doctor.patient import Patient
from netlang.backends.torch.train.evaluation import evaluating
from netlang.backends.torch.train.prepared import Prepared
from netlang.backends.torch.train.state import State
from netlang.backends.torch.train.steps.step import Stepper
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

    def last(self, most: int = 10) -> float:
        """The mean of the last losses."""
        some = self.losses[-most:]
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
    with closing(patient.part(examples, augmented=augmented)) as part:
        return _carried_out(patient, _endless(part), scales, go_on)


def repeated(
    patient: Patient,
    batch: Batch,
    scales: Sequence[float],
    go_on: Callable[[ShortRun], bool] = lambda _: True,
) -> ShortRun:
    """The same with one batch, again and again."""
    return _carried_out(patient, repeat((batch, len(batch))), scales, go_on)


def _carried_out(
    patient: Patient,
    batches: Iterator[tuple[Batch, int]],
    scales: Sequence[float],
    go_on: Callable[[ShortRun], bool],
) -> ShortRun:
    done = ShortRun(patient.state())
    given = patient.recipe, patient.objective, done.state
    stepper = Stepper(*given, program=patient.program)
    for scale, (batch, whole) in zip(scales, batches, strict=False):
        done.state.losses.zero_()
        stepper(batch, whole, Pace(scale))
        done.losses.append(float(done.state.losses))
        if not isfinite(done.losses[-1]) or not go_on(done):
            break
    return done


def _endless(part: Prepared) -> Iterator[tuple[Batch, int]]:
    """The batches of one epoch after the other, with the number of examples in each."""
    for epoch in count():
        for position, batch in enumerate(part.batches(epoch, 0)):
            yield batch, part.whole(position)


@torch.no_grad()
def accuracy(patient: Patient, model: nn.Module, batch: Batch) -> float:
    """The share of a batch that is classified correctly in evaluation mode."""
    with evaluating(model):
        found = patient.objective.correct(patient.objective.values(model, batch))
    assert found is not None
    return float(found) / len(batch)
