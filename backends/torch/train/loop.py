"""The training loop: plain PyTorch, one step after the other.

The batch of every step follows from the seed and the number of the step alone, so a resumed run
sees the batches that the uninterrupted one would have seen. Between two records the loop asks the
device for nothing.
"""

from __future__ import annotations

from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, field
from math import isfinite
from typing import final

from netlang.backends.torch.train.evaluation import score
from netlang.backends.torch.train.feed import Feed
from netlang.backends.torch.train.folder import RunFolder
from netlang.backends.torch.train.interrupt import Interrupt
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.records.metrics import Metrics
from netlang.backends.torch.train.records.progress import Progress
from netlang.backends.torch.train.state import Scores, Since, State
from netlang.backends.torch.train.step import Stepper
from netlang.backends.torch.train.storage import Json, load_tensors, save_tensors
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.training import LossNotFinite
from netlang.recipes.recipe import Epochs, Recipe
from netlang.recipes.words.schedules import Clock, plateau_of

__all__ = ["Feeds", "Loop"]

_RECORD_EVERY = 10


@final
@dataclass(frozen=True)
class Feeds:
    """The batches of each part of the data."""

    train: Feed
    validation: Feed | None
    test: Feed | None


@final
@dataclass
class Loop:
    """One run of a recipe, from where `state` is to the end."""

    recipe: Recipe
    objective: Objective
    feeds: Feeds
    state: State
    stepper: Stepper
    folder: RunFolder
    metrics: Metrics
    progress: Progress
    _status: str = field(init=False, default="")
    _saved: int = field(init=False, default=-1)

    def __post_init__(self) -> None:
        length, epoch = self.recipe.length, self.feeds.train.epoch_steps
        self.epoch_steps = epoch
        self.steps = length.count * (epoch if isinstance(length, Epochs) else 1)
        self.evaluate_every = self.recipe.evaluate_every or epoch
        self.checkpoint_every = self.recipe.checkpoint_every or epoch
        self._plateau = plateau_of(self.recipe.schedule)

    @property
    def over(self) -> bool:
        """Whether every step was made, or as many evaluations passed as may without improvement."""
        state, patience = self.state, self.recipe.early_stopping
        if state.step >= self.steps:
            return True
        if patience is None or state.best is None or state.last is None:
            return False
        waited = -(-(state.last.step - state.best.step) // self.evaluate_every)
        return waited >= patience

    def run(self, interrupt: Interrupt) -> bool:
        """Train to the end, or until interrupted; whether the end was reached."""
        self.progress.begin(self.state.step, self.steps)
        while not self.over and not interrupt.wanted:
            self._rest_of_epoch(interrupt)
        if self.over:
            self._conclude()
        self.progress.end()
        self.checkpoint()
        return self.over

    def _rest_of_epoch(self, interrupt: Interrupt) -> None:
        state, feed = self.state, self.feeds.train
        epoch, position = divmod(state.step, self.epoch_steps)
        with closing(feed.batches(epoch, position)) as batches:
            for batch in batches:
                rate = self.recipe.optimizer.lr * self.recipe.schedule.scale(self._clock())
                self.stepper(batch, feed.whole(state.step % self.epoch_steps), rate)
                self._record(rate)
                if self._due(self.checkpoint_every):
                    self.checkpoint()
                self.progress.advance(state.step, self._status)
                if self.over or interrupt.wanted:
                    return

    def _due(self, every: int) -> bool:
        return self.state.step % every == 0 or self.state.step == self.steps

    def _clock(self) -> Clock:
        state = self.state
        return Clock(state.step, self.epoch_steps, self.steps, state.watch.reductions)

    # --- records and evaluations ------------------------------------------------------------

    def _record(self, rate: float) -> None:
        """Write the record that is due after this step, if any."""
        evaluating = self._due(self.evaluate_every)
        if not evaluating and not self._due(_RECORD_EVERY):
            return
        state = self.state
        loss = self._read_losses()
        record: dict[str, Json] = {"step": state.step, "loss": loss, "lr": rate}
        self._status = f"loss {loss:.4f}"
        improved = False
        if evaluating:
            improved = self._evaluate(record)
            state.since = Since()
        self.metrics.add(record)
        if state.last is not None:
            self._status += _shown(state.last)
        if improved:
            # First the checkpoint that knows of it: weights are never ahead of the run.
            self.checkpoint()

    def _read_losses(self) -> float:
        """Mean loss since the last record; the sum begins anew."""
        state = self.state
        loss = self._mean_loss()
        state.since.total += loss * state.loss_steps
        state.since.steps += state.loss_steps
        state.losses.zero_()
        state.loss_steps = 0
        return loss

    def _mean_loss(self) -> float:
        """Mean loss since the last record; raises `NetlangError` where it is no number."""
        total = self.feeds.train.world.sum(self.state.losses).item()
        loss = total / max(1, self.state.loss_steps)
        if not isfinite(loss):
            place = self.recipe.places["optimizer"]
            raise NetlangError(LossNotFinite(span=place, loss=str(loss), step=self.state.step))
        return loss

    def _evaluate(self, record: dict[str, Json]) -> bool:
        """Score the validation part, if there is one; whether that is the best score so far."""
        state, feed = self.state, self.feeds.validation
        error, improved = state.since.mean, False
        if feed is not None:
            scores = score(state.scored, self.objective, feed, state.step)
            record |= _named("validation", scores)
            error, improved = scores.error, state.best is None or scores.error < state.best.error
            state.last = scores
            state.best = scores if improved else state.best
        if self._plateau is not None:
            state.watch = self._plateau.observe(state.watch, error)
        return improved

    def _conclude(self) -> None:
        """Look at the test part, once, with the best weights where a validation part chose some."""
        state, feed = self.state, self.feeds.test
        if feed is None or state.test is not None:
            return
        model, step = state.scored, state.step
        if state.best is not None and state.best.step != step:
            model, step = deepcopy(model), state.best.step
            model.load_state_dict(load_tensors(self.folder.best)[0])
        state.test = score(model, self.objective, feed, step)
        self.metrics.add({"step": state.step, **_named("test", state.test)})
        self._saved = -1

    # --- files ------------------------------------------------------------------------------

    def checkpoint(self) -> None:
        """Save the state, and the weights if they are the best so far."""
        if self._saved == self.state.step:
            return
        self._mean_loss()
        self.state.records = self.metrics.settle()
        self.state.save(self.folder.checkpoint)
        self.save_best()
        self._saved = self.state.step

    def save_best(self) -> None:
        """Write the best weights if the state is at them, also after a crash before this."""
        best = self.state.best
        if best is not None and best.step == self.state.step:
            save_tensors(self.folder.best, self.state.scored.state_dict(), best.facts())

    def save_last(self) -> None:
        """Write the weights as they are."""
        facts: dict[str, Json] = {"step": self.state.step}
        if self.state.last is not None and self.state.last.step == self.state.step:
            facts = self.state.last.facts()
        save_tensors(self.folder.last, self.state.scored.state_dict(), facts)


def _named(part: str, scores: Scores) -> dict[str, Json]:
    return {f"{part}_{name}": value for name, value in scores.figures().items()}


def _shown(scores: Scores) -> str:
    if scores.accuracy is None:
        return f", validation loss {scores.loss:.4f}"
    return f", validation accuracy {100.0 * scores.accuracy:.1f} %"
