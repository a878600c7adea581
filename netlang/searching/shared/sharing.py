"""What the workers of a search share: what was asked, the results, and who is at which trial.

A result is kept once and never changed, and everything else follows from the results. So whatever
keeps them has to do no more than what stands here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import final

from netlang.diagnostics.errors import NetlangError
from netlang.records import Record, names_of
from netlang.searching.folder import SearchFolder
from netlang.searching.names import EXTENSIBLE
from netlang.searching.question import Identity
from netlang.searching.trial import Job, TrialResult

__all__ = ["SearchPlace", "Sharing", "differences"]


@final
class SearchPlace(Record):
    """Where a search is: the folder with the runs of this host, and perhaps a study in a storage.

    The URL of the `storage` may have a password: it is for the processes of this host alone.
    """

    folder: str
    storage: str | None = None
    study: str = ""


class Sharing(ABC):
    """What workers share; `look_every` is how many seconds pass between two looks at it.

    All methods raise `NetlangError` for what can't be read or written.
    """

    look_every = 0.2

    def __init__(self, place: SearchPlace, folder: SearchFolder) -> None:
        self.place = place
        self.folder = folder

    @property
    @abstractmethod
    def kept_in(self) -> str:
        """Where the results are, for those who want to read them all."""

    @abstractmethod
    def begin(self, identity: Identity, *, resume: bool) -> None:
        """Begin a search, or go on with what is there.

        Raises `NetlangError` if another search is there, or one that isn't to go on.
        """

    @abstractmethod
    def asked(self) -> Identity | None:
        """What the search was asked, if there is one."""

    @abstractmethod
    def refused(self, why: str) -> NetlangError:
        """The error for a search that isn't the one that is here, and differs in what is said."""

    @abstractmethod
    def results(self) -> Mapping[tuple[int, int], TrialResult]:
        """All results so far by trial and stage."""

    @abstractmethod
    def claimed(self, job: Job) -> AbstractContextManager[bool]:
        """Inside, no other worker is at the trial; False if one is already, or if it has ended."""

    @abstractmethod
    def keep(self, result: TrialResult) -> None:
        """Keep the result of a job that is claimed."""

    @abstractmethod
    def run_of(self, result: TrialResult) -> tuple[str | None, Path]:
        """Where the run with a result is: the host, unless it is this one, and its folder there."""

    @abstractmethod
    def wait(self) -> None:
        """Others have all the jobs that there are: wait a little."""


def differences(before: Identity, now: Identity) -> Iterator[str]:
    """What of a search isn't as it was, in words."""
    pairs = {
        "recipe": (before.recipe, now.recipe),
        "changes": (" ".join(before.changes) or "none", " ".join(now.changes) or "none"),
        "what is compared": (before.aim or "validation scores", now.aim or "validation scores"),
    }
    for name in names_of(now.plan):
        pairs[name] = (getattr(before.plan, name), getattr(now.plan, name))
    if now.plan.method in EXTENSIBLE and now.plan.trials >= before.plan.trials:
        del pairs["trials"]
    yield from (f"{name} {a} became {b}" for name, (a, b) in pairs.items() if a != b)
    if before.sources != now.sources:
        yield "its files have changed"
