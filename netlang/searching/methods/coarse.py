"""Coarse to fine: short runs all over the spaces, then whole runs where the best of them were.

The order of the course CS231n (Neural Networks Part 3, Hyperparameter Optimization).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import ceil
from typing import final

from netlang.recipes.spaces.written import Choose, Dimension, Options
from netlang.searching.methods.method import SearchMethod, SearchPlan, evenly
from netlang.searching.trial import History, Job, SearchTrial, uniform_number

__all__ = ["CoarseToFine"]

# How much of a run a coarse trial makes, and of which part of them the ranges are taken.
_SHORT, _BEST = 0.25, 0.25
# The least width of a narrowed range, of the whole one: the best may lie beside each other.
_NARROWEST = 0.1


@final
class CoarseToFine(SearchMethod):
    """Half of the trials are coarse; the others are drawn from narrowed ranges."""

    def __init__(self, plan: SearchPlan) -> None:
        super().__init__(plan)
        self._coarse = ceil(plan.trials / 2)

    def choice(self, number: int, known: History) -> Choose | None:
        if number < self._coarse:
            return evenly(self.plan.seed, number)
        if not known.have(range(self._coarse)):
            return None
        ranked = [each for each in known.ranked() if each.trial < self._coarse]
        kept = ranked[: max(2, ceil(self._coarse * _BEST))]
        best = [known.trials[each.trial] for each in kept]
        return partial(self._near, number, best) if best else evenly(self.plan.seed, number)

    def jobs(self, known: History) -> Iterator[Job]:
        for number in known.trials:
            if (number, 0) not in known.results:
                yield Job(number, share=1.0 if self.is_final(number) else _SHORT)

    def is_final(self, number: int) -> bool:
        return number >= self._coarse

    def _near(self, number: int, best: list[SearchTrial], dimension: Dimension) -> int | float:
        """A value between those of the best coarse trials, or a little outside."""
        name, space = dimension.name, dimension.space
        position = uniform_number(self.plan.seed, number, name)
        having = [trial for trial in best if name in trial.values]
        if not having:
            return space.drawn(position)
        if isinstance(space, Options):
            return having[int(position * len(having))].values[name]
        places = [space.position(trial.values[name]) for trial in having]
        low, high = min(places), max(places)
        margin = max((high - low) / (2 * len(places)), (_NARROWEST - (high - low)) / 2)
        low, high = max(0.0, low - margin), min(1.0, high + margin)
        return space.at(low + (high - low) * position)
