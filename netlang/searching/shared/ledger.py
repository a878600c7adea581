"""A study of Optuna as a list of claims, which others add to at the same time.

A claim is added as a trial of Optuna. These get their numbers one after the other, in any database.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, final

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.searching import StudyDamaged
from netlang.searching.question import Identity
from netlang.searching.shared.claims import (
    CLAIM,
    HEARD,
    RESULT,
    Claim,
    StudyEntry,
    entry_of,
    read_text,
    written,
)
from netlang.searching.shared.database import Database
from netlang.searching.trial import TrialResult

if TYPE_CHECKING:
    from optuna.study import Study

__all__ = ["StudyLedger"]

_QUESTION = "netlang question of "
# What Optuna comes upon in tables that someone has edited.
_DAMAGES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@final
class StudyLedger:
    """The study `name` of a database. All methods raise `NetlangError` as a `Sharing` does."""

    def __init__(self, url: str, name: str) -> None:
        self.database = Database(url)
        self.name = name
        self._storage = self.database.storage
        self._opened: Study | None = None
        self._entries: dict[int, StudyEntry] = {}
        self._heard: set[int] = set()

    def questions(self) -> dict[str, Identity]:
        """What each host was asked, by its owner; none if there is no study.

        Raises `NetlangError` for a study that is none of a search.
        """
        study = self._study(make=False)
        if study is None:
            return {}
        with self._read():
            found = {
                key.removeprefix(_QUESTION): read_text(value, Identity)
                for key, value in study.user_attrs.items()
                if key.startswith(_QUESTION) and value is not None
            }
            if not found and study.get_trials(deepcopy=False):
                raise ValueError("its trials are none of `netlang search`")
            return found

    def ask(self, owner: str, identity: Identity | None) -> None:
        """Write down what a host was asked, in a new study if there is none; None takes it back."""
        self._study(make=True)
        text = None if identity is None else written(identity)
        with self._read():
            self._storage.set_study_user_attr(self._id, _QUESTION + owner, text)

    def entries(self) -> list[StudyEntry]:
        """All claims so far, in order."""
        study = self._study(make=False)
        with self._read():
            for each in study.get_trials(deepcopy=False) if study is not None else ():
                before = self._entries.get(each.number)
                if before is None or before.is_open:
                    found = entry_of(each)
                    if found is not None:
                        self._entries[found.number] = found
        return self.known

    @property
    def known(self) -> list[StudyEntry]:
        """All claims that have been read, in order."""
        return [self._entries[number] for number in sorted(self._entries)]

    def add(self, claim: Claim) -> int:
        """Add a claim, which is open, and return its number."""
        from optuna.trial import TrialState, create_trial

        with self._read():
            new = create_trial(state=TrialState.RUNNING, user_attrs={CLAIM: written(claim)})
            added = self._storage.create_new_trial(self._id, new)
            return self._storage.get_trial_number_from_id(added)

    def beat(self, number: int) -> None:
        """Give a sign of life for a claim. What prevents it shows when the claim ends."""
        with suppress(NetlangError), self._read():
            self._storage.record_heartbeat(self._trial(number))
        self._storage.remove_session()

    def begin_beating(self, number: int) -> bool:
        """Give the first sign of life, and say so; False if others have let go of the claim."""
        with self._still_open():
            self._storage.record_heartbeat(self._trial(number))
            self._storage.set_trial_user_attr(self._trial(number), HEARD, True)
            return True
        return False

    def watch(self, entry: StudyEntry) -> None:
        """See that another host's claim runs out if it dies before its first sign of life.

        That is: give one for it, once.
        """
        if entry.is_open and not entry.heard and entry.number not in self._heard:
            self._heard.add(entry.number)
            self.beat(entry.number)

    def end(self, number: int, result: TrialResult) -> None:
        """End a claim with its result; nothing if others have let go of it meanwhile."""
        from optuna.trial import TrialState

        state = TrialState.FAIL if result.failed else TrialState.COMPLETE
        values = None if result.failed else [result.error]
        with self._still_open():
            self._storage.set_trial_user_attr(self._trial(number), RESULT, written(result))
            self._storage.set_trial_state_values(self._trial(number), state, values)

    def let_go(self, number: int) -> None:
        """End a claim without a result, if it is open."""
        from optuna.trial import TrialState

        with self._still_open():
            self._storage.set_trial_state_values(self._trial(number), TrialState.FAIL)

    def let_go_of_the_dead(self) -> None:
        """End the claims of hosts that have given no sign of life for a while."""
        from optuna.exceptions import ExperimentalWarning
        from optuna.storages import fail_stale_trials

        study = self._study(make=False)
        with self._read(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            if study is not None:
                fail_stale_trials(study)

    def _study(self, *, make: bool) -> Study | None:
        """The study, if it is there or is to be made."""
        from optuna import load_study
        from optuna.exceptions import DuplicatedStudyError
        from optuna.study import StudyDirection

        if self._opened is None:
            with self._read():
                if make:
                    with suppress(DuplicatedStudyError):
                        self._storage.create_new_study([StudyDirection.MINIMIZE], self.name)
                try:
                    self._opened = load_study(study_name=self.name, storage=self._storage)
                except KeyError:
                    return None
        return self._opened

    @property
    def _id(self) -> int:
        return self._storage.get_study_id_from_name(self.name)

    def _trial(self, number: int) -> int:
        """How the database calls the trial of Optuna with a number."""
        return self._storage.get_trial_id_from_study_id_trial_number(self._id, number)

    @contextmanager
    def _still_open(self) -> Iterator[None]:
        """Inside, a claim is changed that others may have let go of: then nothing happens."""
        with self._read(), suppress(RuntimeError):
            yield

    @contextmanager
    def _read(self) -> Iterator[None]:
        """Inside, what the database refuses, and what others have spoilt in it, is an error."""
        try:
            with self.database.used():
                yield
        except _DAMAGES as error:
            url = self.database.shown
            raise NetlangError(
                StudyDamaged(span=None, study=self.name, url=url, why=_reason(error))
            ) from None


def _reason(error: Exception) -> str:
    """What is wrong with tables that someone has edited, in words."""
    if isinstance(error, ValueError):
        return str(error)
    if isinstance(error, LookupError):
        return "a row that others refer to is missing"
    return "a row isn't as Optuna writes it"
