"""The folder of a search: its files, a folder for the run of each trial, and locks on both.

A lock is released by the system when the process that has it dies.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar, final

import msgspec

from netlang.atomic import replace_file
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.folder import RunLocked
from netlang.diagnostics.training.running import UnreadableRun
from netlang.processes.lock import locked
from netlang.processes.writing import writing
from netlang.regular import read_bytes
from netlang.searching.trial import Job

__all__ = ["SearchFolder"]

# Bytes of a file that is read; a recipe's text may be in it.
_LARGEST = 2**24

_LOOK_EVERY = 0.2

_T = TypeVar("_T")


@final
class SearchFolder:
    """The files of a search by purpose."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trials = path / "trials"
        self.best = path / "best"
        self.warning: str | None = None
        """What to know of a file system without locks."""

    @property
    def record(self) -> Path:
        return self.path / "search.json"

    def run(self, trial: int) -> Path:
        """The folder of a trial's run."""
        return self.path / f"trial-{trial}"

    def begun(self) -> frozenset[str]:
        """The names of the folders of runs that there are."""
        return frozenset(each.name for each in self.path.glob("trial-*"))

    @contextmanager
    def claimed(self, job: Job) -> Iterator[bool]:
        """Inside, no other process works on the trial; False if one does already."""
        with self._locked(f"{job.trial}.lock") as is_ours:
            if is_ours:
                for unfinished in self.trials.glob(f".{job.trial}-*.tmp"):
                    unfinished.unlink(missing_ok=True)
            yield is_ours

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Inside, no other process writes what is for all trials; waits for one that does."""
        while True:
            with self._locked("search.lock") as is_ours:
                if is_ours:
                    for unfinished in (*self.path.glob(".*.tmp"), *self.best.rglob(".*.tmp")):
                        unfinished.unlink(missing_ok=True)
                    yield
                    return
            time.sleep(_LOOK_EVERY)

    @contextmanager
    def _locked(self, name: str) -> Iterator[bool]:
        with ExitStack() as held:
            try:
                with writing(self.trials):
                    self.trials.mkdir(parents=True, exist_ok=True)
                self.warning = held.enter_context(locked(self.trials, name))
            except NetlangError as error:
                if not isinstance(error.diagnostics[0], RunLocked):
                    raise
                yield False
                return
            yield True

    def write(self, path: Path, value: object) -> None:
        """Write a record as JSON, whole or not at all."""
        content = msgspec.json.format(msgspec.json.encode(value), indent=2)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, content)

    def read(self, path: Path, kind: type[_T]) -> _T:
        """Read a record. Raises `NetlangError` for a file that isn't one."""
        try:
            return msgspec.json.decode(read_bytes(path, _LARGEST), type=kind)
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            raise NetlangError(UnreadableRun(span=None, path=str(path), why=str(error))) from None
