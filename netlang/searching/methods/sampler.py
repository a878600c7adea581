"""Optuna's samplers, which look at the scores so far and choose where they expect better ones.

The study is in memory alone: it is made again from the results, trial by trial and round by round,
and then chooses what it would have chosen without a break.
"""

from __future__ import annotations

import warnings
from math import isfinite
from typing import TYPE_CHECKING, final

from netlang.recipes.spaces.written import Choose, Dimension, Options
from netlang.searching.methods.method import SearchMethod, SearchPlan
from netlang.searching.trial import History

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.trial import Trial as OptunaTrial

__all__ = ["OptunaSearch"]


@final
class OptunaSearch(SearchMethod):
    """A trial looks at all trials of the rounds before its own."""

    def __init__(self, plan: SearchPlan) -> None:
        super().__init__(plan)
        from optuna import create_study, logging

        logging.set_verbosity(logging.ERROR)
        self._study = create_study(sampler=_sampler(plan))
        self._asked: list[OptunaTrial] = []
        self._told = 0

    def choice(self, number: int, known: History) -> Choose | None:
        from optuna.trial import TrialState

        before = number - number % self.plan.round
        if not known.have(range(before)):
            return None
        for earlier in range(self._told, before):
            error = known.results[earlier, 0].rank[0]
            if isfinite(error):
                self._study.tell(self._asked[earlier], error)
            else:
                self._study.tell(self._asked[earlier], state=TrialState.FAIL)
        self._told = max(self._told, before)
        assert len(self._asked) == number
        asked = self._study.ask()
        self._asked.append(asked)
        return lambda dimension: _suggested(asked, dimension)


def _sampler(plan: SearchPlan) -> BaseSampler:
    from optuna.exceptions import ExperimentalWarning
    from optuna.samplers import CmaEsSampler, TPESampler

    if plan.method == "cmaes":
        return CmaEsSampler(seed=plan.seed)
    with warnings.catch_warnings():
        # `group` is for spaces that only some trials have, `constant_liar` for rounds: what runs
        # in the same round counts as bad, so that others look elsewhere.
        warnings.simplefilter("ignore", ExperimentalWarning)
        several = plan.round > 1
        return TPESampler(seed=plan.seed, multivariate=True, group=True, constant_liar=several)


def _suggested(asked: OptunaTrial, dimension: Dimension) -> int | float:
    name, space = dimension.name, dimension.space
    if isinstance(space, Options):
        return int(asked.suggest_categorical(name, range(len(space.texts))))
    found: int | float
    if isinstance(space.near(space.high), int):
        step = int(space.stride or 1)
        found = asked.suggest_int(name, int(space.low), int(space.high), step=step, log=space.log)
    else:
        found = asked.suggest_float(name, space.low, space.high, step=space.stride, log=space.log)
    return space.near(found)
