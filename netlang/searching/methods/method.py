"""What a method is: the choice of each trial, and the jobs that can run, from what is known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import final

from netlang.recipes.spaces.written import Choose
from netlang.records import Record
from netlang.searching.names import METHODS
from netlang.searching.trial import History, Job, uniform_number

__all__ = ["SearchMethod", "SearchPlan", "RandomSearch", "evenly"]


@final
class SearchPlan(Record):
    """What was asked for: how many trials, by which method, and what decides its numbers.

    Trials of a `round` are chosen together and may run at once, for methods that look at results;
    of `eta` trials, successive halving keeps one. Raises `ValueError` for what no search can have.
    """

    method: str = "random"
    trials: int = 20
    seed: int = 0
    round: int = 1
    eta: int = 3

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"{self.method!r} isn't a method: {', '.join(METHODS)}")
        for name, least in (("trials", 1), ("seed", 0), ("round", 1), ("eta", 2)):
            if getattr(self, name) < least:
                raise ValueError(f"`{name}` must be at least {least}")


class SearchMethod(ABC):
    """Decides by the plan and the results alone: never by the clock, or by who runs what."""

    def __init__(self, plan: SearchPlan) -> None:
        self.plan = plan

    @abstractmethod
    def choice(self, number: int, known: History) -> Choose | None:
        """How trial `number` chooses; None if it looks at results that aren't there yet.

        It is asked once for each trial, in order.
        """

    def jobs(self, known: History) -> Iterator[Job]:
        """What can run now and has no result yet, in order."""
        for number in known.trials:
            if (number, 0) not in known.results:
                yield Job(number)

    @property
    def total(self) -> int:
        """The number of all jobs, unless trials fail."""
        return self.plan.trials

    def is_over(self, known: History) -> bool:
        """Whether there is nothing to do any more."""
        return known.have(range(self.plan.trials))

    def final_stage(self, known: History) -> int:
        """The last stage that any trial has ended: the best is among those that came so far."""
        return max((stage for _, stage in known.results), default=0)

    def is_final(self, number: int) -> bool:
        """Whether a trial may be the best, and didn't only show where to look."""
        return True


def evenly(seed: int, number: int) -> Choose:
    """The choice of a trial that looks at no other: every position as probable as any other."""
    return lambda each: each.space.drawn(uniform_number(seed, number, each.name))


@final
class RandomSearch(SearchMethod):
    """Trials that don't look at each other; Bergstra, Bengio 2012."""

    def choice(self, number: int, known: History) -> Choose | None:
        return evenly(self.plan.seed, number)
