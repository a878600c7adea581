"""The training loop: plain PyTorch, one step after the other.

A step's batch depends only on the seed and its number, so a resumed run sees the same ones. Losses
of a record are read when the next is due: between evaluations nothing waits for the device.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from math import ceil, isfinite
from typing import final

from netlang.backends.torch.train.evaluation import evaluation, named, score
from netlang.backends.torch.train.files.weights import WeightsFiles
from netlang.backends.torch.train.folder import RunFiles
from netlang.backends.torch.train.interrupt import Interrupt, Stopped
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.records.ledger import Ledger
from netlang.backends.torch.train.records.samples import Sampler
from netlang.backends.torch.train.setup import DataSplit
from netlang.backends.torch.train.state import Scores, Since, State
from netlang.backends.torch.train.steps.averaging import Averaging
from netlang.backends.torch.train.steps.reading import Pending, Reading
from netlang.backends.torch.train.steps.search import NotFinite, intact, repeated
from netlang.backends.torch.train.steps.step import Stepper
from netlang.backends.torch.train.storage import Json
from netlang.recipes.check.schedule import require_time
from netlang.recipes.recipe import Epochs, Recipe
from netlang.recipes.words.schedules import watching
from netlang.recipes.words.timing import Clock, Pace, Watch
from netlang.targets.options import RunOptions

__all__ = ["Loop"]

_RECORD_EVERY = 10
# Steps between checkpoints at least, where the recipe leaves them to epochs: flushing files takes
# as long as many steps of a small net.
_WORTH_SAVING = 200


@final
@dataclass
class Loop:
    """One run of a recipe, from its current state to the end.

    `begin` gives the newest state and what makes its steps. As is `wanted`, the run pauses after a
    share of all steps, at the next evaluation, and leaves the test part alone.
    """

    recipe: Recipe
    objective: Objective
    data: DataSplit
    begin: Callable[[], tuple[State, Stepper]]
    files: RunFiles
    weights: WeightsFiles
    ledger: Ledger
    interrupt: Interrupt
    wanted: RunOptions
    _begun: bool = field(init=False, default=False)
    _saved: int = field(init=False, default=-1)
    _pending: Pending | None = field(init=False, default=None)
    # What the plateau remembered after each evaluation since the last checkpoint.
    _watches: dict[int, Watch] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        length = self.recipe.length
        self.epoch_steps = epoch = self.data.train.epoch_steps
        self.steps = length.count * (epoch if isinstance(length, Epochs) else 1)
        self.evaluate_every = self.recipe.evaluate_every or epoch
        self.checkpoint_every = self.recipe.checkpoint_every or epoch * -(-_WORTH_SAVING // epoch)
        evaluations = max(1, ceil(self.wanted.share * self.steps / self.evaluate_every - 1e-9))
        self.until = min(self.steps, evaluations * self.evaluate_every)
        self.state, self.stepper = self.begin()
        given = self.recipe, self.objective, self.state, epoch
        self.averaging = Averaging(*given, self.data.plain)
        self.sampler = Sampler(*given, self.steps, self.data.samples, self.ledger)
        if not self.over:
            # A finished run that is prolonged evaluates the test part at its new end.
            self.state.test = self.state.confusion = None
        self.ledger.open(self.state)

    @property
    def over(self) -> bool:
        """Whether all steps are done, or too many evaluations passed without improvement."""
        state, patience = self.state, self.recipe.early_stopping
        if state.step >= self.steps:
            return True
        if patience is None or state.best is None or state.last is None:
            return False
        return -(-(state.last.step - state.best.step) // self.evaluate_every) >= patience

    def run(self) -> bool:
        """Train until the end, a pause or a signal; returns whether the end was reached.

        Raises `NotFinite` if the loss becomes infinite or NaN; the files are intact then.
        """
        require_time(self.recipe, self.epoch_steps, self.steps)
        self.ledger.progress.begin(self.state.step, self.steps, self.recipe.batch)
        try:
            self._to_the_end()
            finished = self.over
        except Stopped:
            finished = False
        self.checkpoint()
        self.ledger.progress.end()
        return finished

    def _to_the_end(self) -> None:
        """Raises `Stopped` if a signal comes before a step or during code that changes nothing."""
        state = self.state
        if state.settled < state.step:
            # A signal came before the evaluation after the last step.
            self._after_step(self._pace(state.step - 1))
        while not (self.over or state.step >= self.until):
            self._rest_of_epoch()
        if self.over and not self.wanted.trial:
            self._conclude()

    def _rest_of_epoch(self) -> None:
        part, state = self.data.train, self.state
        epoch, position = divmod(state.step, self.epoch_steps)
        with closing(part.batches(epoch, position)) as batches:
            while not (self.over or state.step >= self.until):
                self.interrupt.heed()
                with self.interrupt:
                    batch = next(batches, None)
                if batch is None:
                    return
                if not self._begun:
                    self._begun = True  # one process draws the graph, of a whole model
                    model = None if state.layout.sharded else state.scored
                    self.ledger.begin(model, batch, state.step)
                pace = self._pace(state.step)
                self.stepper.counting = self._is_counted(state.step + 1)
                self.stepper(batch, part.whole(position), pace)
                position += 1
                self._after_step(pace)

    def _after_step(self, pace: Pace) -> None:
        """Do what is due after a step of this pace."""
        state = self.state
        self.averaging.after_step(self.interrupt)
        self._record(self.recipe.optimizer.lr * pace.scale)
        self.sampler.after_step(self.interrupt)
        self.weights.keep_wave(state, self._clock(state.step - 1), self._require_intact)
        state.settled = state.step
        if self._due(self.checkpoint_every) or (state.best and state.best.step == state.step):
            # First the checkpoint that knows of the best weights: they are never ahead of the run.
            self.checkpoint()
        self.ledger.progress.advance(state.step)

    def _due(self, every: int) -> bool:
        return self.state.step % every == 0 or self.state.step == self.steps

    def _is_recorded(self, step: int) -> bool:
        return step == self.steps or not step % _RECORD_EVERY or not step % self.evaluate_every

    def _is_counted(self, step: int) -> bool:
        """Whether a step counts for the accuracy of a record: a short last batch isn't alone."""
        ended = (step + 1) % self.epoch_steps == 0 and self._is_recorded(step + 1)
        return ended or self._is_recorded(step) or self.epoch_steps < _RECORD_EVERY

    def _counted(self) -> int | None:
        """The number of examples that counted since the last record, if the net classifies."""
        done = range(self.state.step - self.state.loss_steps, self.state.step)
        steps = (step for step in done if self._is_counted(step + 1))
        counted = sum(self.data.train.whole(step % self.epoch_steps) for step in steps)
        return counted if self.objective.classifies else None

    def _pace(self, step: int) -> Pace:
        """The rate and momentum of the step after `step` steps."""
        return self.recipe.schedule.pace(self._clock(step))

    def _clock(self, step: int) -> Clock:
        return Clock(step, self.epoch_steps, self.steps, self.state.watch.reductions)

    # --- records and evaluations ------------------------------------------------------------

    def _record(self, rate: float) -> None:
        """Begin the record that is due after this step, and finish the one before it."""
        state, evaluating = self.state, self._due(self.evaluate_every)
        if not self._is_recorded(state.step):
            return
        if evaluating:
            self.stepper.settle()
        # First of all, as a signal may cut it short.
        scores = self._validate() if evaluating else None
        self._settle()
        sums = Reading(self.data.train.world.sum(state.sums))
        self._pending = Pending(state.step, state.loss_steps, rate, sums, self._counted())
        for each in (state.losses, state.right, state.turns):
            each.zero_()
        state.loss_steps = 0
        if evaluating:
            self._judge(scores)

    def _settle(self, extra: dict[str, Json] | None = None) -> None:
        """Finish the pending record. Raises `NotFinite` if its loss isn't finite."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        total, right, *turns = pending.sums.values()
        if not isfinite(total):
            raise self._search(pending.step)
        self.state.since.add(total, pending.steps)
        record: dict[str, Json] = {"step": pending.step, "loss": total / max(1, pending.steps)}
        if pending.examples is not None:
            record["accuracy"] = right / max(1, pending.examples)
        record |= pending.of_turns(self.recipe.turns, turns)
        self.ledger.add({**record, "lr": pending.rate, **(extra or {})})

    def _validate(self) -> Scores | None:
        """The scores on the validation part, if there is one."""
        part = self.data.validation
        if part is None:
            return None
        state, sharded = self.state, self.state.layout.sharded
        with self.interrupt:
            return score(state.scored, self.objective, part, state.step, sharded=sharded)

    def _judge(self, scores: Scores | None) -> None:
        """Do everything that depends on an evaluation."""
        state = self.state
        self._settle(None if scores is None else named("validation", scores))
        error = state.since.mean if scores is None else scores.error
        if scores is not None:
            state.last = scores
            if scores.better_than(state.best):
                state.keep_best(scores)
        state.since = Since()
        plateau = watching(self.recipe.schedule, self._clock(state.step))
        if plateau is not None:
            state.watch = plateau.observe(state.watch, error)
            self._watches[state.step] = state.watch

    def _conclude(self) -> None:
        """Evaluate the test part once, with the best weights if a validation part chose any.

        Without a test part, the classes of the validation part are counted.
        """
        state, tested = self.state, self.data.test is not None
        part = self.data.test if tested else self.data.validation
        done = state.test if tested else state.confusion
        if part is None or done is not None or not (tested or self.objective.counts_classes):
            return
        # The pending numbers may show that the weights aren't finite.
        self.checkpoint()
        best = state.best if state.best is not None and state.best.step != state.step else None
        step = state.step if best is None else best.step
        chosen, sharded = nullcontext(state.scored), state.layout.sharded
        with chosen if best is None else state.at_best() as model, self.interrupt:
            found = evaluation(model, self.objective, part, step, sharded=sharded)
        state.confusion = found.confusion
        if tested:
            state.test = found.scores
            self.ledger.add({"step": state.step, **named("test", state.test)})
        self._saved = -1

    def _search(self, step: int) -> NotFinite:
        """What made the loss infinite or NaN by step `step`.

        The steps since the last checkpoint are repeated and examined one by one.
        """
        self.ledger.progress.say(f"the loss isn't finite after step {step}: looking for the layer")
        self.state, self.stepper = self.begin()
        part, watches = self.data.train, self._watches
        return repeated(self.stepper, part, step, self._pace, watches)

    # --- files ------------------------------------------------------------------------------

    def _require_intact(self) -> None:
        """Raises `NotFinite` if the weights aren't finite; else makes them fit to be saved."""
        if not intact(self.state):
            raise self._search(self.state.step)
        self.stepper.settle()

    def checkpoint(self) -> None:
        """Save the state, and also the weights if they are the best so far."""
        if self._saved == self.state.step:
            return
        self._settle()
        self._require_intact()
        self.state.records = self.ledger.settled()
        self.files.save(self.state)
        self.weights.save_best(self.state)
        self._saved = self.state.step
        self._watches.clear()
