"""A search that is shared through a study of Optuna, by hosts that have nothing else in common.

Each time that a host takes a job, it adds a claim to the study. The first open claim of a job says
who has it. A host that dies gives no sign of life any more (Optuna's heartbeats), and others let go
of its claims. Runs and their checkpoints are in the folders of the hosts: a host that takes up what
another one began makes it from the start, with the same result.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import final

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.searching import OtherStudy, StudyExists
from netlang.records import Record
from netlang.searching.question import Identity
from netlang.searching.shared.beating import beating
from netlang.searching.shared.claims import Claim, StudyEntry
from netlang.searching.shared.database import BEAT_EVERY
from netlang.searching.shared.files import FolderSharing
from netlang.searching.shared.ledger import StudyLedger
from netlang.searching.shared.sharing import SearchPlace, Sharing, differences
from netlang.searching.trial import Job, TrialResult

__all__ = ["StudySharing"]

_LONGEST_OWNER = 64


@final
class HostFolder(Record):
    """What stands for a host's folder in a study: a number that no other folder has."""

    owner: str

    def __post_init__(self) -> None:
        if not 0 < len(self.owner) <= _LONGEST_OWNER:
            raise ValueError("it isn't the number of a folder")


@final
class StudySharing(Sharing):
    """A study, and the folder of this host."""

    look_every = 1.0

    def __init__(self, place: SearchPlace, url: str) -> None:
        self._local = FolderSharing(Path(place.folder))
        super().__init__(place, self._local.folder)
        self.ledger = StudyLedger(url, place.study)
        self._held: dict[int, int] = {}

    @property
    def kept_in(self) -> str:
        return f"{self.place.study} of {self.ledger.database.shown}"

    def refused(self, why: str) -> NetlangError:
        url = self.ledger.database.shown
        return NetlangError(OtherStudy(span=None, study=self.place.study, url=url, differences=why))

    def begin(self, identity: Identity, *, resume: bool) -> None:
        before = self.ledger.questions()
        if before and not resume:
            url = self.ledger.database.shown
            raise NetlangError(StudyExists(span=None, study=self.place.study, url=url))
        self._require_same(before.values(), identity)
        self._local.begin(identity, resume=resume)
        with self.folder.alone():
            if not self._record.exists():
                self.folder.write(self._record, HostFolder(secrets.token_hex(8)))
        self._ask(identity)

    def _ask(self, identity: Identity) -> None:
        """Say what is asked. Of hosts that begin at once with different questions, none goes on."""
        self.ledger.ask(self._owner, identity)
        try:
            self._require_same(self.ledger.questions().values(), identity)
        except NetlangError:
            self.ledger.ask(self._owner, None)
            raise

    def _require_same(self, questions: Iterable[Identity], identity: Identity) -> None:
        for each in questions:
            different = ", ".join(differences(each, identity))
            if different:
                raise self.refused(different)

    @cached_property
    def _owner(self) -> str:
        return self.folder.read(self._record, HostFolder).owner

    @property
    def _record(self) -> Path:
        return self.folder.path / "host.json"

    def asked(self) -> Identity | None:
        questions = self.ledger.questions().values()
        return self._local.asked() or max(
            questions, key=lambda each: each.plan.trials, default=None
        )

    def results(self) -> dict[tuple[int, int], TrialResult]:
        found: dict[tuple[int, int], TrialResult] = {}
        for each in self.ledger.entries():
            if each.result is not None:
                found.setdefault((each.claim.trial, each.claim.stage), each.result)
            elif each.claim.owner != self._owner:
                self.ledger.watch(each)
        return found

    def run_of(self, result: TrialResult) -> tuple[str | None, Path]:
        made = self._first(Job(result.trial, result.stage), self.ledger.known)
        if made is None or made.claim.owner == self._owner:
            return None, self.folder.run(result.trial)
        return made.claim.host, Path(made.claim.folder)

    @contextmanager
    def claimed(self, job: Job) -> Iterator[bool]:
        if self._is_elsewhere(job):
            yield False
            return
        with self.folder.claimed(job) as is_here:
            number = self._claim(job) if is_here else None
            if number is None or not self.ledger.begin_beating(number):
                yield False
                return
            self._held[job.trial] = number
            try:
                with beating(partial(self.ledger.beat, number), BEAT_EVERY):
                    yield True
            finally:
                if self._held.pop(job.trial, None) is not None:
                    with suppress(NetlangError):
                        self.ledger.let_go(number)

    def _is_elsewhere(self, job: Job) -> bool:
        """Whether another host has it, as far as is known."""
        first = self._first(job, self.ledger.known)
        return first is not None and first.claim.owner != self._owner

    def _claim(self, job: Job) -> int | None:
        """The number of a claim on a job that no other process of this host is at; None if taken.

        An open claim of this host is then one of a process that died. Of hosts that add a claim at
        the same time, the first one has the job.
        """
        first = self._first(job, self.ledger.entries())
        if first is None:
            # A name of a file may be no text.
            path = os.fsencode(self.folder.run(job.trial).absolute())
            place = path.decode("utf-8", "backslashreplace")
            name = socket.gethostname()
            added = self.ledger.add(Claim(job.trial, job.stage, self._owner, name, place))
            first = self._first(job, self.ledger.entries())
            if first is None or first.number != added:
                self.ledger.let_go(added)
                return None
        is_ours = first.is_open and first.claim.owner == self._owner
        return first.number if is_ours else None

    def _first(self, job: Job, entries: Sequence[StudyEntry]) -> StudyEntry | None:
        """The entry that says how a job ended, else the first one that is at it."""
        own = [each for each in entries if each.claim.is_of(job)]
        ended = (each for each in own if each.result is not None)
        return next(ended, next((each for each in own if each.is_open), None))

    def keep(self, result: TrialResult) -> None:
        self.ledger.end(self._held.pop(result.trial), result)

    def wait(self) -> None:
        self.ledger.let_go_of_the_dead()
        time.sleep(self.look_every)
