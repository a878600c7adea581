"""One training step: the gradient of a batch's mean loss, and the update by the optimizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_value_

from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.runtime.averaging import average, averaged_pairs
from netlang.backends.torch.runtime.clipping import clip_weights
from netlang.backends.torch.runtime.rates import set_rates
from netlang.backends.torch.runtime.turns import train_only
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.processes.exchange import Exchange
from netlang.backends.torch.train.processes.layout import optimized
from netlang.backends.torch.train.processes.shares import longest_part, parts_of
from netlang.backends.torch.train.processes.wrapping import apart, mean_statistics
from netlang.backends.torch.train.state import State
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.timing import Clock, Pace

__all__ = ["Play", "Stepper"]


@final
@dataclass(frozen=True)
class Play:
    """What changes some of the weights: a `step` section of a recipe, or a recipe without any.

    `place` is that of its losses in the state's `turns`, and `exchange` averages its gradients over
    several processes; None if they aren't apart.
    """

    recipe: Recipe
    objective: Objective
    optimizer: torch.optim.Optimizer
    trained: tuple[nn.Parameter, ...]
    place: int | None = None
    exchange: Exchange | None = None

    @property
    def every(self) -> int:
        return 1 if self.recipe.turn is None else self.recipe.turn.every


@final
class Stepper:
    """Changes a state by one step at a time, without ever waiting for the device.

    `forward` is the state's model as called in training: compiled, or wrapped for several
    processes. While it is `counting`, the state gets to know how many examples of a step are
    classified correctly.
    """

    def __init__(
        self,
        recipe: Recipe,
        objective: Objective,
        state: State,
        forward: nn.Module | None = None,
        program: Program | None = None,
    ) -> None:
        self._recipe = recipe
        self.state = state
        self._world = world = state.world
        self._forward = state.model if forward is None else forward
        self.counting = False
        self._most = longest_part(recipe, world)
        layout = state.layout
        # Where one process waits for the others in a forward pass, all make equally many.
        self._together = world.size > 1 and (layout.sharded or recipe.sync_batch_norm)
        trained = tuple(layout.weight(p) for p in state.model.parameters() if p.requires_grad)
        self.plays: tuple[Play, ...] = (Play(recipe, objective, state.optimizer, trained),)
        if recipe.turns:
            assert program is not None
            self.plays = tuple(_plays(recipe, program, state))
        averaged = state.averaged
        pairs = [] if averaged is None else averaged_pairs(averaged, state.model)
        self._pairs = [(layout.own(old), layout.own(new)) for old, new in pairs]

    def __call__(self, batch: Batch, whole: int, pace: Pace) -> None:
        """Train on this process's slice of a batch of `whole` examples."""
        for play in self.due():
            self.gradients(batch, whole, play, pace.clock)
            self.update(pace, play)
        self.finish()

    def due(self) -> Iterator[Play]:
        """What is to be done on the next batch, in order."""
        number = self.state.step + 1
        return (play for play in self.plays if number % play.every == 0)

    def gradients(self, batch: Batch, whole: int, play: Play, clock: Clock | None = None) -> None:
        """Compute the gradient of the mean loss, and add the loss to the state's sum."""
        layout = self.state.layout
        layout.clear(play.optimizer)
        if play.place is not None:
            train_only(play.trained, (each.trained for each in self.plays))
        *earlier, last = self.parts(batch, whole)
        for part in earlier:
            with apart(self._forward):
                self._backward(part, whole, play, clock)
        self._backward(last, whole, play, clock)
        layout.collect()
        if play.exchange is not None:
            play.exchange()
        if layout.sharded:
            self._add_penalty(play.objective, clock)

    def _add_penalty(self, objective: Objective, clock: Clock | None) -> None:
        """Add the penalties, with their gradients, on this process's rows of the weights."""
        state = self.state
        penalty = objective.penalty(state.model, state.layout.weight, clock)
        if penalty is not None:
            state.losses += penalty.detach()
            self._scaled(penalty).backward()

    def _scaled(self, loss: Tensor) -> Tensor:
        scaler = self.state.scaler
        return loss if scaler is None else scaler.scale(loss)

    def parts(self, batch: Batch, whole: int) -> Iterator[Batch]:
        """The parts in which this slice of a batch of `whole` examples is computed.

        A shorter batch has fewer parts, not longer ones.
        """
        cut = parts_of(len(batch), self._most, self._world, whole if self._together else None)
        if len(cut) == 1:
            yield batch
            return
        for part in cut:
            yield Batch(
                tuple(each[part] for each in batch.inputs),
                {name: value[part] for name, value in batch.targets.items()},
                None if batch.numbers is None else batch.numbers[part],
            )

    def look(self, part: Batch) -> None:
        """Run a forward pass for those who watch the model; if it is sharded, in all processes."""
        model = self._forward if self.state.layout.sharded else self.state.model
        objective = self.plays[0].objective
        if len(part):
            objective.values(model, part)
        else:
            objective.nothing(model, part)

    def _backward(self, part: Batch, whole: int, play: Play, clock: Clock | None) -> None:
        objective = play.objective
        if len(part):
            values = objective.values(self._forward, part)
            loss = objective.loss(values, clock)
            if self.counting and objective.classifies:
                self._count(values, objective)
        else:
            loss = objective.nothing(self._forward, part)
        factor = self._world.factor(len(part), whole)
        if factor != 1.0:
            loss = loss * factor
        share = loss.detach()
        share = share if self._world.size == 1 else share / self._world.size
        self.state.losses += share
        if play.place is not None:
            self.state.turns[play.place] += share
        self._scaled(loss).backward()

    @torch.no_grad()
    def _count(self, values: Mapping[str, Tensor], objective: Objective) -> None:
        right = objective.correct(values)
        assert right is not None
        self.state.right += right

    def settle(self) -> None:
        """Make the state consistent over all processes, before it is scored or saved."""
        mean_statistics(self._world, self.state.model, self.state.averaged)

    def update(self, pace: Pace, play: Play) -> None:
        """Update the weights by the gradient."""
        state, recipe, trained = self.state, self._recipe, list(play.trained)
        set_rates(play.optimizer, pace.scale, pace.momentum)
        if state.scaler is not None:
            # Bounds are on the gradients themselves, not on scaled ones.
            state.scaler.unscale_(play.optimizer)
        if recipe.clip_value is not None:
            clip_grad_value_(trained, recipe.clip_value)
        if recipe.clip_norm is not None:
            state.layout.bound(trained, recipe.clip_norm)
        if state.scaler is None:
            play.optimizer.step()
        else:
            state.scaler.step(play.optimizer)
            state.scaler.update()
        if play.recipe.turn is not None and play.recipe.turn.clip_weights is not None:
            clip_weights(trained, play.recipe.turn.clip_weights)

    def finish(self) -> None:
        """End the step: update the averaged weights, and count it."""
        state, recipe = self.state, self._recipe
        state.loss_steps += 1
        if recipe.ema is not None:
            average(self._pairs, recipe.ema if state.averages else 0.0)
            state.averages += 1
        state.step += 1


def _plays(recipe: Recipe, program: Program, state: State) -> Iterator[Play]:
    """The steps of a recipe that take turns, each with the weights that it trains."""
    pairs = zip(recipe.played, state.optimizers, strict=True)
    for place, (own, optimizer) in enumerate(pairs):
        trained = tuple(optimized(optimizer))
        exchange = Exchange(state.world, trained)
        yield Play(own, Objective(own, program), optimizer, trained, place, exchange)
