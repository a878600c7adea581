"""The folder of a search: what was asked, the results, and a folder for the run of each trial.

Results are written once, as files of their own, and never changed; everything else follows from
them. So processes of several hosts can share a folder. A trial is claimed by a lock that the system
releases when its process dies.
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
from netlang.diagnostics.training.running import OtherRecipe, RunExists, UnreadableRun
from netlang.processes.lock import locked
from netlang.processes.writing import writing
from netlang.records import names_of
from netlang.regular import read_bytes
from netlang.searching.names import EXTENSIBLE
from netlang.searching.question import Identity
from netlang.searching.trial import Job, TrialResult

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
        self._seen: dict[str, TrialResult] = {}

    @property
    def record(self) -> Path:
        return self.path / "search.json"

    def run(self, trial: int) -> Path:
        """The folder of a trial's run."""
        return self.path / f"trial-{trial}"

    def begin(self, identity: Identity, *, resume: bool) -> None:
        """Make the folder, or go on with what is there.

        Raises `NetlangError` if a run is there, another search, or one that isn't to go on.
        """
        if (self.path / "run.json").exists():
            raise NetlangError(RunExists(span=None, folder=str(self.path)))
        with self.alone():
            self._begin(identity, resume)

    def _begin(self, identity: Identity, resume: bool) -> None:
        if not self.record.exists():
            self._write(self.record, identity)
            return
        if not resume:
            raise NetlangError(RunExists(span=None, folder=str(self.path)))
        before = self._read(self.record, Identity)
        differences = ", ".join(_differences(before, identity))
        if differences:
            why = OtherRecipe(span=None, folder=str(self.path), differences=differences)
            raise NetlangError(why)
        if before != identity:
            self._write(self.record, identity)

    def asked(self) -> Identity | None:
        """What the search of this folder was asked, if there is one."""
        return self._read(self.record, Identity) if self.record.exists() else None

    def results(self) -> dict[tuple[int, int], TrialResult]:
        """All results so far. Raises `NetlangError` for a file that isn't one."""
        for path in sorted(self.trials.glob("[0-9]*.json")):
            if path.name not in self._seen:
                found = self._read(path, TrialResult)
                if path != self._file(found.trial, found.stage):
                    why = f"it is the result of trial {found.trial}, stage {found.stage}"
                    raise NetlangError(UnreadableRun(span=None, path=str(path), why=why))
                self._seen[path.name] = found
        return {(each.trial, each.stage): each for each in self._seen.values()}

    def has(self, job: Job) -> bool:
        return self._file(job.trial, job.stage).exists()

    def keep(self, result: TrialResult) -> None:
        """Write a result."""
        self._write(self._file(result.trial, result.stage), result)

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

    def _file(self, trial: int, stage: int) -> Path:
        return self.trials / f"{trial}-{stage}.json"

    def _write(self, path: Path, value: object) -> None:
        content = msgspec.json.format(msgspec.json.encode(value), indent=2)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, content)

    def _read(self, path: Path, kind: type[_T]) -> _T:
        try:
            return msgspec.json.decode(read_bytes(path, _LARGEST), type=kind)
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            raise NetlangError(UnreadableRun(span=None, path=str(path), why=str(error))) from None


def _differences(before: Identity, now: Identity) -> Iterator[str]:
    """What of a search isn't as it was."""
    pairs = {
        "recipe": (before.recipe, now.recipe),
        "changes": (" ".join(before.changes), " ".join(now.changes)),
        "what is compared": (before.aim or "validation scores", now.aim or "validation scores"),
    }
    for name in names_of(now.plan):
        pairs[name] = (getattr(before.plan, name), getattr(now.plan, name))
    if now.plan.method in EXTENSIBLE and now.plan.trials >= before.plan.trials:
        del pairs["trials"]
    yield from (f"{name} {a} became {b}" for name, (a, b) in pairs.items() if a != b)
    if before.sources != now.sources:
        yield "its files have changed"
