"""The training loop: plain PyTorch, one step after the other.

The batch of every step follows from the seed and the number of the step alone, so a resumed run
sees the batches that the uninterrupted one would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import final

import torch
from torch import Tensor

from netlang.backends.torch.train.devices import derived_seed
from netlang.backends.torch.train.evaluation import score
from netlang.backends.torch.train.examples import Split
from netlang.backends.torch.train.folder import RunFolder
from netlang.backends.torch.train.interrupt import Interrupt
from netlang.backends.torch.train.metrics import Metrics
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.progress import Progress
from netlang.backends.torch.train.state import Scores, State
from netlang.backends.torch.train.storage import Json, save_tensors
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.training import LossNotFinite
from netlang.recipes.recipe import Epochs, Recipe
from netlang.recipes.words.schedules import Clock, plateau_of

__all__ = ["Loop"]

_RECORD_EVERY = 10


@final
@dataclass
class Loop:
    """One run of a recipe, from where `state` is to the end."""

    recipe: Recipe
    objective: Objective
    data: Split
    state: State
    folder: RunFolder
    metrics: Metrics
    progress: Progress
    _order: Tensor = field(init=False, default_factory=lambda: torch.empty(0))
    _epoch: int = field(init=False, default=-1)
    _status: str = field(init=False, default="")
    _saved: int = field(init=False, default=-1)

    def __post_init__(self) -> None:
        examples, batch = len(self.data.train), self.recipe.batch
        # A last batch of a single example is left out: batch normalization can't train on it.
        self.epoch_steps = max(1, examples // batch + (examples % batch > 1))
        length = self.recipe.length
        epochs = isinstance(length, Epochs)
        self.steps = length.count * (self.epoch_steps if epochs else 1)
        self.evaluate_every = self.recipe.evaluate_every or self.epoch_steps
        self.checkpoint_every = self.recipe.checkpoint_every or self.epoch_steps
        self._plateau = plateau_of(self.recipe.schedule)

    def run(self, interrupt: Interrupt) -> bool:
        """Train to the end, or until interrupted; whether the end was reached."""
        state = self.state
        self.progress.begin(state.step, self.steps)
        while state.step < self.steps and not interrupt.wanted:
            self._train_step()
            self._record()
            if self._due(self.checkpoint_every):
                self.checkpoint()
            self.progress.advance(state.step, self._status)
        self.progress.end()
        self.checkpoint()
        return state.step >= self.steps

    def _due(self, every: int) -> bool:
        return self.state.step % every == 0 or self.state.step == self.steps

    # --- one step ---------------------------------------------------------------------------

    def _train_step(self) -> None:
        state = self.state
        rate = self.recipe.optimizer.lr * self.recipe.schedule.scale(self._clock())
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        batch = self.data.train.at(self._batch())
        loss = self.objective.loss(self.objective.values(state.model, batch))
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # PyTorch leaves it untyped
        state.optimizer.step()
        state.loss_sum += loss.detach()
        state.loss_count += 1
        state.step += 1

    def _clock(self) -> Clock:
        state = self.state
        return Clock(state.step, self.epoch_steps, self.steps, state.watch.reductions)

    def _batch(self) -> Tensor:
        """Which examples the next step sees: the next ones of this epoch's order."""
        epoch, position = divmod(self.state.step, self.epoch_steps)
        if epoch != self._epoch:
            seed = derived_seed(self.recipe.seed, f"order of epoch {epoch}")
            generator = torch.Generator().manual_seed(seed)
            order = torch.randperm(len(self.data.train), generator=generator)
            self._order, self._epoch = order.to(self.state.device), epoch
        start = position * self.recipe.batch
        return self._order[start : start + self.recipe.batch]

    # --- records and evaluations ------------------------------------------------------------

    def _record(self) -> None:
        """Write the record that is due after this step, if any."""
        evaluating = self._due(self.evaluate_every)
        if not evaluating and not self._due(_RECORD_EVERY):
            return
        state = self.state
        loss = self._mean_loss()
        record: dict[str, Json] = {
            "step": state.step,
            "loss": loss,
            "lr": state.optimizer.param_groups[0]["lr"],
        }
        state.loss_sum.zero_()
        state.loss_count = 0
        self._status = f"loss {loss:.4f}"
        scores = self._evaluate() if evaluating else None
        if scores is not None:
            record["test_loss"] = scores.loss
            if scores.accuracy is not None:
                record["accuracy"] = scores.accuracy
        self.metrics.add(record)
        if state.last is not None:
            self._status += _shown(state.last)
        if scores is not None and (state.best is None or scores.error < state.best.error):
            state.best = scores
            # First the checkpoint that knows of it: weights are never ahead of the run.
            self.checkpoint()

    def _mean_loss(self) -> float:
        """Mean loss since the last record; raises `NetlangError` where it is no number."""
        loss = self.state.loss_sum.item() / max(1, self.state.loss_count)
        if not isfinite(loss):
            place = self.recipe.places["optimizer"]
            raise NetlangError(LossNotFinite(span=place, loss=str(loss), step=self.state.step))
        return loss

    def _evaluate(self) -> Scores:
        state = self.state
        scores = score(state.model, self.objective, self.data.test, state.step)
        if self._plateau is not None:
            state.watch = self._plateau.observe(state.watch, scores.error)
        state.last = scores
        return scores

    # --- files ------------------------------------------------------------------------------

    def checkpoint(self) -> None:
        """Save the state, and the weights if they are the best so far."""
        if self._saved == self.state.step:
            return
        self._mean_loss()
        self.metrics.settle()
        self.state.save(self.folder.checkpoint)
        self.save_best()
        self._saved = self.state.step

    def save_best(self) -> None:
        """Write the best weights if the state is at them, also after a crash before this."""
        best = self.state.best
        if best is not None and best.step == self.state.step:
            save_tensors(self.folder.best, self.state.model.state_dict(), best.facts())

    def save_last(self) -> None:
        """Write the weights as they are."""
        facts: dict[str, Json] = {"step": self.state.step}
        if self.state.last is not None and self.state.last.step == self.state.step:
            facts = self.state.last.facts()
        save_tensors(self.folder.last, self.state.model.state_dict(), facts)


def _shown(scores: Scores) -> str:
    if scores.accuracy is None:
        return f", test loss {scores.loss:.4f}"
    return f", test accuracy {100.0 * scores.accuracy:.1f} %"
