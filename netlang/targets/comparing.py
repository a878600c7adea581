"""The core's view of a backend that can compare runs that it has made."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

from netlang.records import Record
from netlang.targets.backends import Backend, backend

__all__ = [
    "ComparingBackend", "RecipeFigures", "RunFigures", "RunsCompared", "ScoreDifference",
    "SearchAxis", "SearchPoint", "SearchPoints", "comparing_backend",
]  # fmt: skip


@final
class RunFigures(Record):
    """A run: its folder, its seed, the steps that it made, and its scores by name.

    Scores of the validation part are the best, those of the test part the ones at the end.
    """

    folder: Path
    seed: int
    steps: int
    scores: Mapping[str, float]


@final
class RecipeFigures(Record):
    """Runs of one recipe that differ in their seeds alone.

    `title` says what the recipe is, as far as the compared ones differ. `spread` has the mean and
    the standard deviation of each score that all runs have, over the seeds: runs of one seed count
    together, and one seed has no deviation.
    """

    title: str
    runs: tuple[RunFigures, ...]
    spread: Mapping[str, tuple[float, float | None]]


@final
class ScoreDifference(Record):
    """A score of two recipes, and how probable such a difference is if they are equally good.

    `probability` is that of Welch's t test, two-sided; None if a recipe has fewer than two seeds.
    """

    first: str
    second: str
    score: str
    difference: float
    probability: float | None


@final
class RunsCompared(Record):
    """Recipes with their runs, the differences between each two, and the pictures drawn."""

    recipes: tuple[RecipeFigures, ...]
    differences: tuple[ScoreDifference, ...]
    pictures: tuple[Path, ...] = ()


@final
class SearchAxis(Record):
    """What a search chose: its name, and texts to write beside some positions from 0 to 1."""

    name: str
    ticks: tuple[tuple[float, str], ...]


@final
class SearchPoint(Record):
    """A trial: where its values lie on the axes that it has, from 0 to 1, and its score."""

    positions: Mapping[str, float]
    score: float


@final
class SearchPoints(Record):
    """The trials of a search that have a score, the best first, with its name.

    `alike` are those that ran equally long, with values drawn before any result was looked at as
    far as there are such: what the importance of an axis is found from. `error` is whether a small
    score is good.
    """

    axes: tuple[SearchAxis, ...]
    score: str
    error: bool
    trials: tuple[SearchPoint, ...]
    alike: tuple[SearchPoint, ...]


class ComparingBackend(Backend):
    """A backend that leaves runs in folders."""

    @abstractmethod
    def compare_runs(self, folders: Sequence[Path], out: Path | None) -> RunsCompared:
        """The runs in some folders, or in those below them; pictures go into `out`, if given.

        Raises `NetlangError` if a folder has none, or one that can't be read.
        """

    @abstractmethod
    def draw_search(self, points: SearchPoints, folder: Path) -> tuple[Path, ...]:
        """Pictures of what a search tried: parallel coordinates, and the importance of each axis.

        Fewer trials than tell anything have none of importance. Raises `NetlangError` if the files
        can't be written.
        """


def comparing_backend() -> ComparingBackend:
    """The backend that trains."""
    found = backend("torch")
    assert isinstance(found, ComparingBackend)
    return found
