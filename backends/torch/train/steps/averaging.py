"""Equal averages of the weights at the ends of epochs: SWA, Izmailov et al. 2018, arXiv:1803.05407.

The statistics of batch norms are computed anew for the averaged weights, from all training examples
prepared as for a test. Every process looks at all of them, so all get the same.
"""

from __future__ import annotations

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
class Averaging:
    """The averaged model of a state whose recipe says `swa`; of any other, nothing.

    `plain` are the training examples as for a test, for nets with batch norms.
    """

    def __init__(
        self,
        recipe: Recipe,
        objective: Objective,
        state: State,
        epoch_steps: int,
        plain: Prepared | None,
    ) -> None:
        self._first = recipe.swa
        self._least = min(2, recipe.batch)
        self._objective = objective
        self._state = state
        self._epoch_steps = epoch_steps
        self._plain = plain

    def after_step(self, interrupt: Interrupt) -> None:
        """Do what is due; once more after an interruption, it comes to the same."""
        epochs, position = divmod(self._state.step, self._epoch_steps)
        if self._first is None or position or epochs < self._first:
            return
        state, wanted = self._state, epochs - self._first + 1
        assert state.averaged is not None
        if state.averages < wanted:
            own = state.layout.own
            pairs = averaged_pairs(state.averaged, state.model)
            average([(own(old), own(new)) for old, new in pairs], 1.0 - 1.0 / wanted)
            state.averages = wanted
        if self._plain is not None:
            with interrupt:
                renew(state.averaged, state.model, self._objective, self._plain, self._least)


@torch.no_grad()
def renew(
    averaged: nn.Module, model: nn.Module, objective: Objective, plain: Prepared, least: int
) -> None:
    """Compute the statistics of batch norms anew; they are the old ones if that is interrupted.

    A batch of fewer than `least` examples, as a last one may be, doesn't count.
    """
    before = {name: buffer.clone() for name, buffer in averaged.named_buffers()}
    handles = []
    try:
        averaged.eval()
        handles = collecting(trained_norms(averaged, model), least)
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
