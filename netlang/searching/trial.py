"""A trial: a recipe with a value in place of each space, and what its run came to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from math import inf, isfinite
from typing import final

from netlang.recipes.spaces.written import Dimension
from netlang.records import Draft, Record, field

__all__ = ["History", "Job", "TrialResult", "SearchTrial", "result_of", "uniform_number"]


@final
class SearchTrial(Record):
    """What trial `number` tries: `values` by dimension, numbers or the place of an option.

    `texts` are the same as written, and `overrides` give the recipe on the command line.
    """

    number: int
    dimensions: tuple[Dimension, ...]
    values: Mapping[str, int | float]
    texts: Mapping[str, str]
    overrides: tuple[str, ...]

    def positions(self) -> dict[str, float]:
        """Where each value lies in its space, from 0 to 1."""
        return {each.name: each.space.position(self.values[each.name]) for each in self.dimensions}


@final
class Job(Record, order=True):
    """The part of a trial's run up to a `share` of its steps; `stage` counts the parts."""

    trial: int
    stage: int = 0
    share: float = 1.0


@final
class TrialResult(Record):
    """How a job ended: the validation scores of its best weights, or why there are none.

    A search with another aim has the one score that it compares.

    Raises `ValueError` unless it is one of them.
    """

    trial: int
    stage: int
    overrides: tuple[str, ...]
    scores: Mapping[str, float | None]
    failed: str | None = None

    def __post_init__(self) -> None:
        if bool(self.failed) == isfinite(self.loss):
            raise ValueError("it has neither a loss nor a reason why not, or both")

    @property
    def error(self) -> float:
        """What the best trial has least of: 1 - accuracy, or else the loss."""
        accuracy = self.scores.get("validation accuracy")
        return self.loss if accuracy is None else 1.0 - accuracy

    @property
    def loss(self) -> float:
        """The validation loss, or the one score that is compared in its place."""
        first = next(iter(self.scores.values()), None)
        loss = first if len(self.scores) == 1 else self.scores.get("validation loss")
        return inf if loss is None else loss

    @property
    def rank(self) -> tuple[float, float, int]:
        """Better results have a smaller one: as the best weights of a run are chosen."""
        return (self.error, self.loss, self.trial)


def result_of(
    job: Job, overrides: tuple[str, ...], found: Mapping[str, float], name: str
) -> TrialResult:
    """The result of a job that wasn't stopped, if the score `name` that counts is finite.

    Another score that isn't finite counts as none.
    """
    if not isfinite(found[name]):
        why = f"the {name} isn't finite"
        return TrialResult(job.trial, job.stage, overrides, {}, why)
    scores = {each: value if isfinite(value) else None for each, value in found.items()}
    return TrialResult(job.trial, job.stage, overrides, scores)


@final
class History(Draft):
    """The trials that are known, and the results by trial and stage."""

    trials: dict[int, SearchTrial] = field(default_factory=dict)
    results: dict[tuple[int, int], TrialResult] = field(default_factory=dict)

    def have(self, trials: range, stage: int = 0) -> bool:
        """Whether all of some trials have ended a stage."""
        return all((number, stage) in self.results for number in trials)

    def ranked(self, stage: int = 0) -> list[TrialResult]:
        """The results of a stage that didn't fail, the best first."""
        found = [each for key, each in self.results.items() if key[1] == stage]
        return sorted((each for each in found if not each.failed), key=lambda each: each.rank)


def uniform_number(seed: int, trial: int, name: str) -> float:
    """A number from 0 to below 1 that depends on nothing else."""
    digest = hashlib.sha256(f"{seed}/{trial}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64
