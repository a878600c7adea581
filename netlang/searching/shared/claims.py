"""What a study holds of a search: a trial of Optuna for each time that a host took a job.

It says who took it and, when it has ended, how. Texts of a study may be anyone's: what isn't as a
host writes it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, final

import msgspec

from netlang.records import Record
from netlang.searching.trial import Job, TrialResult

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

__all__ = ["CLAIM", "HEARD", "RESULT", "Claim", "StudyEntry", "entry_of", "read_text", "written"]

CLAIM, RESULT, HEARD = "netlang claim", "netlang result", "netlang heard"
"""The names of attributes; `HEARD` is set when a first sign of life is there."""

# MySQL keeps no longer texts.
_LONGEST = 60_000
_LONGEST_NAME = 4096
_MOST_TRIALS = 1_000_000

_T = TypeVar("_T")


@final
class Claim(Record):
    """That a host took a job: `owner` stands for its folder, which is `folder` on `host`."""

    trial: int
    stage: int
    owner: str
    host: str
    folder: str

    def __post_init__(self) -> None:
        if not (0 <= self.trial < _MOST_TRIALS and 0 <= self.stage < _MOST_TRIALS):
            raise ValueError("there is no such trial or stage")
        if max(map(len, (self.owner, self.host, self.folder))) > _LONGEST_NAME:
            raise ValueError("a name is too long")

    def is_of(self, job: Job) -> bool:
        return (self.trial, self.stage) == (job.trial, job.stage)


@final
class StudyEntry(Record):
    """A claim that is open, has a result, or was let go of; `number` says which came first."""

    number: int
    claim: Claim
    is_open: bool
    result: TrialResult | None
    heard: bool


def entry_of(found: FrozenTrial) -> StudyEntry | None:
    """What a trial of Optuna says; None for one that no host of a search has made.

    Raises `ValueError` for one that is damaged.
    """
    attributes: Mapping[str, Any] = found.user_attrs
    if CLAIM not in attributes:
        return None
    claim = read_text(attributes[CLAIM], Claim)
    ended = found.state.is_finished()
    if not ended and found.state.name != "RUNNING":
        raise ValueError(f"a claim is in the state {found.state.name}")
    result = None
    if ended and RESULT in attributes:
        result = read_text(attributes[RESULT], TrialResult)
        if (result.trial, result.stage) != (claim.trial, claim.stage):
            raise ValueError(f"it is the result of trial {result.trial}, stage {result.stage}")
    return StudyEntry(found.number, claim, not ended, result, attributes.get(HEARD) is True)


def written(value: Record) -> str:
    """The text of a record in a study."""
    return msgspec.json.encode(value).decode()


def read_text(text: object, kind: type[_T]) -> _T:
    """A record from the text of a study. Raises `ValueError` for what isn't one."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise ValueError("a text is missing or too long")
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
