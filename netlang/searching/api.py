"""Searching from Python: `netlang.search` is the command `netlang search`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

from netlang.recipes.overrides import overrides_of
from netlang.recipes.places import Places
from netlang.searching.aim import asked_aim
from netlang.searching.methods.method import SearchPlan
from netlang.searching.outcome import Outcome, TrialOutcome
from netlang.searching.question import Question, recipe_name
from netlang.searching.search import SearchOptions, asked_place, asked_plan, run_search
from netlang.searching.shared.places import sharing_of
from netlang.searching.telling import SearchLines
from netlang.targets import needs, training_backend
from netlang.uncaught import ends_at_the_caller

__all__ = ["Search", "search"]


@ends_at_the_caller
def search(  # noqa: PLR0913 - one for each option of the command
    recipe: str | Path,
    *changes: str,
    method: str = "random",
    trials: int = 20,
    seed: int = 0,
    round: int | None = None,
    eta: int = 3,
    jobs: int = 1,
    data: Mapping[str, str | Path] | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    device: str | Sequence[str] | None = None,
    workers: int | None = None,
    quiet: bool = False,
    distance: str | None = None,
    judge: str | Path | None = None,
    judge_weights: str | Path | None = None,
    features: str | None = None,
    objective: str | None = None,
    storage: str | None = None,
    study: str | None = None,
    **values: object,
) -> Search:
    """Look for the values that a recipe leaves open: ``search("file.net:recipe", trials=50)``.

    Options are those of the command, and changes of the recipe are given as for `train`;
    ``lr="log_uniform(1e-4, 1e-1)"`` is a space. With several `jobs` or devices, trials run in
    processes of their own, with a `storage` on several hosts. Raises `NetlangError`;
    `KeyboardInterrupt` if Ctrl-C stopped it, and ``resume=True`` goes on; `ValueError` for what the
    command refuses.
    """
    _require_one(jobs)
    given = SearchPlan(method, trials, seed, 1 if round is None else round, eta)
    sharing = sharing_of(asked_place(recipe_name(recipe), out, storage, study))
    plan = asked_plan(given, sharing, round, jobs)
    aim = asked_aim(distance, judge, judge_weights, features, objective)
    question = Question(recipe, (*changes, *overrides_of(values)), plan, aim)
    options = SearchOptions(sharing, _places(data), resume, jobs, _devices(device), workers)
    return _searched(question, options, quiet)


def _places(data: Mapping[str, str | Path] | None) -> Places:
    return Places({name: Path(path) for name, path in (data or {}).items()})


def _devices(device: str | Sequence[str] | None) -> tuple[str, ...]:
    return tuple(device.split(",") if isinstance(device, str) else device or ())


def _require_one(jobs: int) -> None:
    if jobs < 1:
        raise ValueError("`jobs` must be at least 1")


def _searched(question: Question, options: SearchOptions, quiet: bool) -> Search:
    options.places.require_used(question.recipe)

    def say(text: str) -> None:
        if not quiet:
            print(text, file=sys.stderr)

    backend = training_backend()
    with needs(backend.extra):
        found = run_search(question, options, backend, SearchLines(say))
    if found.outcome is None:
        signal.raise_signal(found.signal or signal.SIGINT)
        raise KeyboardInterrupt
    return Search(options.sharing.folder.path, found.outcome)


@final
class Search:
    """How a search ended and what it left: `folder` contains all of it.

    `trials` are in order, the `best` first. Each has its `number`, `values` and `scores` by name,
    `overrides` for `train`, and the `folder` of its run; `failed` says why it has no scores.
    `recipe` is the best one as ``FILE:RECIPE``, and `hints` say where a wider space may be better.
    """

    def __init__(self, folder: Path, outcome: Outcome) -> None:
        self.folder = folder
        self.trials = outcome.trials
        self.recipe = outcome.recipe
        self.hints = outcome.hints

    @property
    def best(self) -> TrialOutcome:
        """The trial with the best validation score."""
        return self.trials[0]

    def _repr_svg_(self) -> str | None:
        """The trials in parallel coordinates, in a notebook."""
        path = self.folder / "parallel.svg"
        return path.read_text(encoding="utf-8") if path.exists() else None

    def __repr__(self) -> str:
        scores = ", ".join(f"{name} {score:.4g}" for name, score in self.best.scores.items())
        return f"<netlang search {self.folder}: {len(self.trials)} trials, best {scores}>"
