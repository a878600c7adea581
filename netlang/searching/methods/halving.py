"""Successive halving: all trials begin, and only the best of them go on; Jamieson, Talwalkar 2016.

A trial that goes on continues its run from the checkpoint at which it paused. Who goes on is
decided when all trials of a stage are there, so it doesn't depend on which of them was fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

from netlang.recipes.spaces.written import Choose
from netlang.searching.methods.method import SearchMethod, SearchPlan, evenly
from netlang.searching.trial import History, Job

__all__ = ["SuccessiveHalving"]

# Stages after the first: with eta 3, the first one makes a twenty-seventh of the steps.
_MOST = 3


@final
class SuccessiveHalving(SearchMethod):
    """Stage `s` of `n` makes `eta ** (s - n)` of the steps, with the best `1 / eta` of the last."""

    def __init__(self, plan: SearchPlan) -> None:
        super().__init__(plan)
        self._last = 0
        while self._last < _MOST and plan.trials >= plan.eta ** (self._last + 1):
            self._last += 1

    def choice(self, number: int, known: History) -> Choose | None:
        return evenly(self.plan.seed, number)

    def jobs(self, known: History) -> Iterator[Job]:
        share = float(self.plan.eta) ** -self._last
        for stage in range(self._last + 1):
            for number in self._going_on(stage, known):
                if (number, stage) not in known.results:
                    yield Job(number, stage, share)
            share *= self.plan.eta

    @property
    def total(self) -> int:
        return sum(map(self._count, range(self._last + 1)))

    def is_over(self, known: History) -> bool:
        return known.have(range(self.plan.trials)) and not any(self.jobs(known))

    def _going_on(self, stage: int, known: History) -> list[int]:
        """The trials of a stage; none as long as the stage before isn't over."""
        if not stage:
            return [*known.trials]
        before = self._going_on(stage - 1, known)
        if not before or not all((number, stage - 1) in known.results for number in before):
            return []
        if stage == 1 and len(before) < self.plan.trials:
            return []
        return sorted(each.trial for each in known.ranked(stage - 1)[: self._count(stage)])

    def _count(self, stage: int) -> int:
        """How many trials a stage has."""
        count: int = self.plan.trials // self.plan.eta**stage
        return max(1, count)
