"""Carries out the jobs of a search, one after the other, until there are none left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import final

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.recipes.sections import DistanceUnfit
from netlang.diagnostics.training.running import DeviceMemoryMissing, LossNotFinite, NotNumbers
from netlang.recipes.places import Places
from netlang.records import Record
from netlang.searching.question import Question
from netlang.searching.shared.sharing import Sharing
from netlang.searching.trial import Job, SearchTrial, TrialResult, result_of
from netlang.targets import TrainingBackend
from netlang.targets.options import RunOptions
from netlang.targets.seeds import trained

__all__ = ["Machine", "TrialWorker"]

# What makes a trial bad, but not the search wrong.
_FAILURES = (LossNotFinite, NotNumbers, DeviceMemoryMissing, DistanceUnfit)


def _untold(what: object) -> None:
    """Nobody wants to know."""


@final
class Machine(Record):
    """Where data are, and what computes."""

    places: Places = Places()
    device: str | None = None
    workers: int | None = None


@final
class TrialWorker(Record):
    """Takes jobs that no other process has.

    `finished` is told each of its results, and `waiting` the jobs that others have, if all have.
    """

    question: Question
    sharing: Sharing
    machine: Machine
    backend: TrainingBackend
    finished: Callable[[TrialResult], None] = _untold
    waiting: Callable[[Iterator[Job]], None] = _untold

    def work(self) -> int | None:
        """Work until the search is over. Returns the signal that stopped it, if any.

        Raises `NetlangError` for what isn't the fault of one trial.
        """
        while True:
            self.question.learn(self.sharing.results(), self.sharing.refused)
            if self.question.is_over:
                return None
            took, signal = self._one()
            if signal is not None:
                return signal
            if not took:
                self.waiting(self.question.jobs())
                self.sharing.wait()

    def _one(self) -> tuple[bool, int | None]:
        """Do the first job that is free: whether there was one, and the signal that stopped it."""
        # First what has begun on this host: it goes on from its checkpoint.
        folder = self.sharing.folder
        begun = folder.begun()
        jobs = sorted(self.question.jobs(), key=lambda job: folder.run(job.trial).name not in begun)
        for job in jobs:
            with self.sharing.claimed(job) as is_ours:
                if is_ours:
                    return True, self._carry_out(job)
        return False, None

    def _carry_out(self, job: Job) -> int | None:
        trial = self.question.known.trials[job.trial]
        try:
            result = self._run(job, trial)
        except NetlangError as error:
            if not isinstance(error.diagnostics[0], _FAILURES):
                raise
            result = _failed(job, trial, error)
        if isinstance(result, int):
            return result
        self.sharing.keep(result)
        self.finished(result)
        return None

    def _run(self, job: Job, trial: SearchTrial) -> TrialResult | int:
        """The result of a job, or the signal that stopped it."""
        try:
            recipe, program = self.question.trained(trial)
        except NetlangError as error:
            # The recipe is right at each end of each space: it is the combination.
            return _failed(job, trial, error)
        options = RunOptions(
            self.sharing.folder.run(job.trial),
            self.machine.places,
            resume=True,
            device=self.machine.device,
            workers=self.machine.workers,
            quiet=True,
            share=job.share,
            trial=True,
        )
        ended = trained(self.backend, recipe, program, options)
        if ended.signal is not None:
            return ended.signal
        measure, scores = self.question.measure, ended.scores
        if measure is not None:
            scores = measure.of(self.backend, recipe, program, options)
        elif "validation loss" not in scores:
            raise self.question.without_validation()
        if "validation accuracy" not in scores and (measure is None or not measure.distance):
            self.question.require_same_loss(recipe)
        return result_of(job, trial.overrides, scores, self.question.score)


def _failed(job: Job, trial: SearchTrial, error: NetlangError) -> TrialResult:
    why = error.diagnostics[0]
    return TrialResult(job.trial, job.stage, trial.overrides, {}, f"{why.code}: {why.message}")
