"""A whole search: its trials, in this process or in several, and what they came to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import final

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.searching import NoTrialLeft
from netlang.recipes.places import Places
from netlang.records import Record, replace
from netlang.searching.methods.method import SearchPlan
from netlang.searching.names import SAMPLERS
from netlang.searching.outcome import Outcome, outcome
from netlang.searching.processes import work_in_processes
from netlang.searching.question import Question
from netlang.searching.shared.sharing import SearchPlace, Sharing
from netlang.searching.telling import SearchProgress, Telling
from netlang.searching.working import Machine, TrialWorker
from netlang.targets import TrainingBackend

__all__ = [
    "SearchOptions",
    "Searched",
    "asked_place",
    "asked_plan",
    "default_folder",
    "run_search",
]

# Characters of a name that a database of Optuna takes.
_LONGEST_NAME = 512


@final
class SearchOptions(Record):
    """How to carry out a search: `jobs` processes, and the devices that they take in turn."""

    sharing: Sharing
    places: Places = Places()
    resume: bool = False
    jobs: int = 1
    devices: tuple[str, ...] = ()
    workers: int | None = None


@final
class Searched(Record):
    """How a search ended: the signal that stopped it, if any, and what is known by now."""

    signal: int | None
    outcome: Outcome | None


def default_folder(recipe: str) -> Path:
    """Where the search of a recipe goes."""
    return Path("runs", f"{recipe}-search")


def asked_place(
    recipe: str, out: str | Path | None, storage: str | None, study: str | None
) -> SearchPlace:
    """Where a search is, as far as that was said. Raises `ValueError` for what no study can be."""
    if study is not None and storage is None:
        raise ValueError("`study` is the name of a study in a `storage`")
    name = default_folder(recipe).name if study is None else study
    if not 0 < len(name) <= _LONGEST_NAME:
        raise ValueError(f"`study` has 1 to {_LONGEST_NAME} characters")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ValueError("`study` isn't text in UTF-8") from None
    return SearchPlace(str(out or default_folder(recipe)), storage, name)


def asked_plan(plan: SearchPlan, sharing: Sharing, rounds: int | None, jobs: int) -> SearchPlan:
    """The plan with the size of a round: as given, else as it was, else one trial for each job.

    Methods without rounds have 1, so that hosts with different numbers of jobs ask the same.
    """
    before = sharing.asked()
    default = jobs if plan.method in SAMPLERS else 1
    if before is not None:
        default = before.plan.round
    return replace(plan, round=default if rounds is None else rounds)


def run_search(
    question: Question,
    options: SearchOptions,
    backend: TrainingBackend,
    progress: SearchProgress,
) -> Searched:
    """Carry out all trials, and show the `progress`.

    Raises `NetlangError` if the folder holds another search, for what stops all trials, and if
    none of them has a score.
    """
    sharing = options.sharing
    sharing.begin(question.identity, resume=options.resume)
    if sharing.folder.warning:
        progress.say(sharing.folder.warning)
    telling = Telling(question, sharing, progress)
    telling.begin()
    devices: Sequence[str | None] = options.devices or (None,)
    count = min(max(options.jobs, len(options.devices)), question.plan.trials)
    machines = [
        Machine(options.places, devices[place % len(devices)], options.workers)
        for place in range(count)
    ]
    left: int | Machine = machines[0]
    if count > 1 and not question.is_over:
        left = work_in_processes(question, sharing, machines, telling.look)
    stopped = (
        TrialWorker(question, sharing, left, backend, telling.tell, telling.wait_for).work()
        if isinstance(left, Machine)
        else left
    )
    question.learn(sharing.results(), sharing.refused)
    if stopped is not None:
        return Searched(stopped, None)
    if not question.ranked():
        raise _all_failed(question, sharing)
    with sharing.folder.alone():
        return Searched(None, outcome(question, sharing))


def _all_failed(question: Question, sharing: Sharing) -> NetlangError:
    first = min(question.known.results.values(), key=lambda each: each.trial)
    return NetlangError(
        NoTrialLeft(
            span=None,
            count=len(question.known.trials),
            why=str(first.failed),
            folder=sharing.kept_in,
        )
    )
