"""Equal averages of the weights at the ends of epochs: SWA, Izmailov et al. 2018, arXiv:1803.05407.

The statistics of batch norms are computed anew for the averaged weights, from all training examples
prepared as for a test. Every process looks at all of them, so all get the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from netlang.backends.torch.runtime.averaging import (
    average,
    averaged_pairs,
    collecting,
    trained_norms,
)
from netlang.backends.torch.train.interrupt import Interrupt
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.prepared import Prepared
from netlang.backends.torch.train.state import State
from netlang.recipes.recipe import Recipe

__all__ = ["Averaging", "renew"]


@final
@dataclass(frozen=True)
class Averaging:
    """The averaged model of a state whose recipe says `swa`; of any other, nothing.

    `plain` are the training examples as for a test, for nets with batch norms.
    """

    recipe: Recipe
    objective: Objective
    state: State
    epoch_steps: int
    plain: Prepared | None

    def after_step(self, interrupt: Interrupt) -> None:
        """Do what is due; once more after an interruption, it comes to the same."""
        first, state = self.recipe.swa, self.state
        epochs, position = divmod(state.step, self.epoch_steps)
        if first is None or position or epochs < first:
            return
        wanted = epochs - first + 1
        assert state.averaged is not None
        if state.averages < wanted:
            own = state.layout.own
            pairs = averaged_pairs(state.averaged, state.model)
            average([(own(old), own(new)) for old, new in pairs], 1.0 - 1.0 / wanted)
            state.averages = wanted
        if self.plain is not None:
            with interrupt:
                renew(state.averaged, state.model, self.objective, self.plain, self.recipe.batch)


@torch.no_grad()
def renew(
    averaged: nn.Module, model: nn.Module, objective: Objective, plain: Prepared, batch_size: int
) -> None:
    """Compute the statistics of batch norms anew; they are the old ones if that is interrupted.

    A last batch of one example doesn't count, unless that is the size of all of them.
    """
    before = {name: buffer.clone() for name, buffer in averaged.named_buffers()}
    handles = []
    try:
        averaged.eval()
        handles = collecting(trained_norms(averaged, model), min(2, batch_size))
        for batch in (each for views in plain.once() for each in views.scales):
            objective.values(averaged, batch)
    except BaseException:
        _restore(averaged, before)
        raise
    finally:
        for handle in handles:
            handle.remove()
        averaged.eval()


def _restore(model: nn.Module, before: dict[str, Tensor]) -> None:
    for name, buffer in model.named_buffers():
        buffer.copy_(before[name])
