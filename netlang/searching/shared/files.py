"""A search that is shared as files of its folder: by processes, and by hosts with a file system.

Results are files of their own. A trial is claimed by a lock that the system releases when its
process dies.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import OtherRecipe, RunExists, UnreadableRun
from netlang.searching.folder import SearchFolder
from netlang.searching.question import Identity
from netlang.searching.shared.sharing import SearchPlace, Sharing, differences
from netlang.searching.trial import Job, TrialResult

__all__ = ["FolderSharing"]


@final
class FolderSharing(Sharing):
    """The files of a folder that say what was asked, and how each job ended."""

    def __init__(self, path: Path) -> None:
        super().__init__(SearchPlace(str(path)), SearchFolder(path))
        self._seen: dict[str, TrialResult] = {}

    @property
    def kept_in(self) -> str:
        return str(self.folder.trials)

    def begin(self, identity: Identity, *, resume: bool) -> None:
        if (self.folder.path / "run.json").exists():
            raise NetlangError(RunExists(span=None, folder=str(self.folder.path)))
        with self.folder.alone():
            self._begin(identity, resume)

    def _begin(self, identity: Identity, resume: bool) -> None:
        before = self.asked()
        if before is not None and not resume:
            raise NetlangError(RunExists(span=None, folder=str(self.folder.path)))
        different = ", ".join(differences(before, identity)) if before is not None else ""
        if different:
            raise self.refused(different)
        if before != identity:
            self.folder.write(self.folder.record, identity)

    def asked(self) -> Identity | None:
        record = self.folder.record
        return self.folder.read(record, Identity) if record.exists() else None

    def refused(self, why: str) -> NetlangError:
        folder = str(self.folder.path)
        return NetlangError(OtherRecipe(span=None, folder=folder, differences=why))

    def results(self) -> dict[tuple[int, int], TrialResult]:
        for path in sorted(self.folder.trials.glob("[0-9]*.json")):
            if path.name not in self._seen:
                found = self.folder.read(path, TrialResult)
                if path != self._file(found.trial, found.stage):
                    why = f"it is the result of trial {found.trial}, stage {found.stage}"
                    raise NetlangError(UnreadableRun(span=None, path=str(path), why=why))
                self._seen[path.name] = found
        return {(each.trial, each.stage): each for each in self._seen.values()}

    @contextmanager
    def claimed(self, job: Job) -> Iterator[bool]:
        with self.folder.claimed(job) as is_ours:
            yield is_ours and not self._file(job.trial, job.stage).exists()

    def keep(self, result: TrialResult) -> None:
        self.folder.write(self._file(result.trial, result.stage), result)

    def run_of(self, result: TrialResult) -> tuple[str | None, Path]:
        return None, self.folder.run(result.trial)

    def wait(self) -> None:
        time.sleep(self.look_every)

    def _file(self, trial: int, stage: int) -> Path:
        return self.folder.trials / f"{trial}-{stage}.json"
