"""What a search tells while it works: each result once, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, final

from netlang.records import Draft, field
from netlang.searching.question import Question
from netlang.searching.shared.sharing import Sharing
from netlang.searching.trial import Job, TrialResult

__all__ = ["SearchLines", "SearchProgress", "Telling"]

_SHOWN = 5


class SearchProgress(Protocol):
    """Receives the progress of a search."""

    def say(self, text: str) -> None:
        """Show a message permanently."""

    def count(self, done: int, total: int, best: str) -> None:
        """`done` of all parts of trials are done; `best` is the best score so far, in words."""


@final
class SearchLines:
    """Shows the messages alone."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

    def count(self, done: int, total: int, best: str) -> None:
        """Nothing."""


@final
class Telling(Draft):
    """Tells of each result once."""

    question: Question
    sharing: Sharing
    progress: SearchProgress
    told: set[tuple[int, int]] = field(default_factory=set)
    awaited: set[int] = field(default_factory=set)

    def begin(self) -> None:
        """Tell how far the search is; of its results nothing is said again."""
        found = self.sharing.results()
        self.question.learn(found, self.sharing.refused)
        self.told.update(found)
        self._count()

    def look(self) -> None:
        """Tell of the results that have come since."""
        found = self.sharing.results()
        self.question.learn(found, self.sharing.refused)
        for key in sorted(found.keys() - self.told):
            self.tell(found[key])

    def tell(self, result: TrialResult) -> None:
        """Tell of a result."""
        self.told.add((result.trial, result.stage))
        self.question.known.results[result.trial, result.stage] = result
        where = f"trial {result.trial} of {self.question.plan.trials}"
        stage = f", stage {result.stage + 1}" if result.stage else ""
        if result.failed:
            self.progress.say(f"{where}{stage}: failed, {result.failed}")
        else:
            trial = self.question.known.trials[result.trial]
            values = " ".join(f"{name}={text}" for name, text in trial.texts.items())
            self.progress.say(f"{where}{stage}: {_scores(result)} with {values}")
        self._count()

    def wait_for(self, jobs: Iterable[Job]) -> None:
        """Tell once which trials others are at, when there is nothing else to do."""
        trials = sorted({each.trial for each in jobs})
        if not self.awaited.issuperset(trials):
            self.awaited.update(trials)
            shown = ", ".join(map(str, trials[:_SHOWN])) + ", ..." * (len(trials) > _SHOWN)
            self.progress.say(f"waiting for others, who are at trial {shown}")

    def _count(self) -> None:
        ranked = self.question.ranked()
        best = f"trial {ranked[0].trial}, {_scores(ranked[0])}" if ranked else ""
        self.progress.count(len(self.told), self.question.method.total, best)


def _scores(result: TrialResult) -> str:
    return ", ".join(f"{n} {value:.4g}" for n, value in result.scores.items() if value is not None)
