"""The checkpoints of a run: `checkpoints/000000300-3f2a....safetensors`.

A name contains the step and a digest of all bytes of the file, so any change to the file is
noticed. If several processes each wrote a part, the checkpoint is a folder, whose name contains the
digest of its manifest. The last two are kept. At every moment, even after a crash of the machine,
the newest checkpoint that was ever committed is there, unless a newer one is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from netlang.atomic import (
    discard_unfinished,
    flush_folder,
    make_folder,
    remove_folder,
    unfinished_name,
)
from netlang.backends.torch.train.files.reader import TensorSource, opened
from netlang.backends.torch.train.files.shards import opened_folder
from netlang.backends.torch.train.files.streaming import write_named
from netlang.backends.torch.train.storage import write_parts
from netlang.backends.weights.signature import digest_of
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.folder import NoWholeCheckpoint
from netlang.diagnostics.training.running import UnreadableRun
from netlang.processes.writing import writing

__all__ = ["Checkpoints", "digits_of", "is_folder", "opened_checkpoint"]

_DIGITS = 32
_NAME = re.compile(rf"(\d{{9,18}})-([0-9a-f]{{{_DIGITS}}})(\.safetensors)?")
_SUFFIX = ".safetensors"
_KEPT = 2


@final
@dataclass
class Checkpoints:
    """Files and folders in `folder`, newest first. Only one process may use it at a time."""

    folder: Path
    # Checkpoints that may stay: written here, or not newer than the one resumed from.
    _kept: list[Path] = field(default_factory=list)

    def prepare(self) -> None:
        """Create the folder, and remove what a killed process left unfinished."""
        with writing(self.folder):
            make_folder(self.folder)
            discard_unfinished(self.folder)

    @property
    def newest(self) -> Path | None:
        """The checkpoint that was loaded or written last."""
        return self._kept[0] if self._kept else None

    @property
    def step(self) -> int | None:
        """The step of the newest checkpoint."""
        return None if self.newest is None else _step(self.newest)

    def found(self) -> list[Path]:
        """Every checkpoint, newest first, whether intact or not."""
        names = [path for path in _listed(self.folder) if _NAME.fullmatch(path.name)]
        return sorted(names, key=lambda path: (_step(path), path.name), reverse=True)

    def write(self, step: int, parts: list[memoryview]) -> Path:
        """Write the checkpoint after `step` steps; once it is durable, remove old ones."""
        path = self.folder / _name(step, digest_of(parts))
        write_parts(path, parts)
        return self._added(step, path)

    def stream(self, step: int, parts: Iterator[memoryview]) -> Path:
        """As `write`, from a stream of bytes."""
        path = write_named(self.folder, parts, lambda digest: _name(step, digest))
        return self._added(step, path)

    @contextmanager
    def gathering(self) -> Iterator[Path]:
        """Inside, a new folder to write to; whatever is left of it is removed on exit."""
        path = self.folder / unfinished_name("checkpoint")
        with writing(self.folder):
            path.mkdir()
        try:
            yield path
        finally:
            with suppress(OSError):
                remove_folder(path)

    def place(self, step: int, gathered: Path, digest: str) -> Path:
        """Add a folder whose manifest has this digest. Old checkpoints stay until `added`.

        Raises `OSError`, after which every intact checkpoint is still there; only a damaged one of
        the same name may be gone.
        """
        path = self.folder / _name(step, digest).removesuffix(_SUFFIX)
        if path.exists():
            # The same state was saved before; a damaged copy is replaced.
            if _is_whole(path):
                return path
            self._take_away(path)
        os.replace(gathered, path)
        flush_folder(self.folder)
        return path

    def added(self, path: Path) -> Path:
        """Remove old checkpoints, since the one at `path` is durable."""
        return self._added(_step(path), path)

    def _take_away(self, path: Path) -> None:
        """Remove a checkpoint such that half a folder is never seen under its name."""
        if path.is_dir() and not path.is_symlink():
            gone = self.folder / unfinished_name("old")
            os.replace(path, gone)
            flush_folder(self.folder)
            remove_folder(gone)
        else:
            path.unlink(missing_ok=True)

    def _added(self, step: int, path: Path) -> Path:
        earlier = [each for each in self._kept if _step(each) != step]
        self._kept = [path, *earlier][:_KEPT]
        self._remove_others()
        return path

    def _remove_others(self) -> None:
        old = [path for path in self.found() if path not in self._kept]
        with writing(self.folder):
            for path in old:
                self._take_away(path)
            if old:
                flush_folder(self.folder)

    def restore(self, take: Callable[[TensorSource], None]) -> list[str]:
        """Pass the newest intact checkpoint to `take`; returns remarks.

        `take` raises `ValueError` if a checkpoint is intact but not of this run. Raises
        `NetlangError` if there are checkpoints but none can be used.
        """
        candidates = self.found()
        refused: list[str] = []
        for index, path in enumerate(candidates):
            try:
                with opened_checkpoint(path) as source:
                    source.check(digits_of(path))
                    take(source)
            except (OSError, ValueError) as error:
                refused.append(f"{path.name}: {_reason(error)}")
            else:
                self._kept = candidates[index : index + _KEPT]
                return [f"checkpoint {why}" for why in refused]
        if refused:
            reasons = "; ".join(refused)
            raise NetlangError(
                NoWholeCheckpoint(span=None, folder=str(self.folder), reasons=reasons)
            )
        return []


def _name(step: int, digest: str) -> str:
    return f"{step:09d}-{digest[:_DIGITS]}{_SUFFIX}"


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise NetlangError(UnreadableRun(span=None, path=str(folder), why=_reason(error))) from None


def _step(path: Path) -> int:
    return int(path.name.partition("-")[0])


def digits_of(path: Path) -> str:
    """The digits of a digest in the name of a checkpoint."""
    return path.name.removesuffix(_SUFFIX).partition("-")[2]


def is_folder(path: Path) -> bool:
    """Whether a checkpoint is a folder, judging by its name."""
    return not path.name.endswith(_SUFFIX)


@contextmanager
def opened_checkpoint(path: Path) -> Iterator[TensorSource]:
    """Inside, the contents of a checkpoint, whose bytes aren't checked yet."""
    with opened_folder(path) if is_folder(path) else opened(path) as source:
        yield source


def _is_whole(path: Path) -> bool:
    try:
        with opened_checkpoint(path) as source:
            source.check(digits_of(path))
    except (OSError, ValueError):
        return False
    return True


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
