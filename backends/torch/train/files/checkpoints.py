"""The checkpoints of a run: `checkpoints/000000300-3f2a....safetensors`.

A name holds the step and a digest of all bytes of the file, so a file that isn't what was written
is noticed, whatever happened to it. The last two are kept. Holds at every moment, also after a
crash of the machine: the newest checkpoint that was ever committed is there, unless a newer one is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from netlang.atomic import discard_unfinished, flush_folder, make_folder
from netlang.backends.torch.train.files.reader import TensorFile, opened
from netlang.backends.torch.train.files.streaming import write_named
from netlang.backends.torch.train.storage import write_parts, writing
from netlang.backends.weights.signature import digest_of
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.folder import NoWholeCheckpoint
from netlang.diagnostics.training.running import UnreadableRun

__all__ = ["Checkpoints", "same_bytes"]

_DIGITS = 32
_NAME = re.compile(rf"(\d{{9,18}})-([0-9a-f]{{{_DIGITS}}})\.safetensors")
_KEPT = 2


@final
@dataclass
class Checkpoints:
    """The files in `folder`, newest first; one process uses it at a time."""

    folder: Path
    # Those that may stay: written here, or not newer than the one that was resumed from.
    _kept: list[Path] = field(default_factory=list)

    def prepare(self) -> None:
        """Make the folder, and remove what a killed process left unfinished."""
        with writing(self.folder):
            make_folder(self.folder)
            discard_unfinished(self.folder)

    @property
    def newest(self) -> Path | None:
        """The checkpoint that was taken or written last."""
        return self._kept[0] if self._kept else None

    @property
    def step(self) -> int | None:
        """The step of the newest one."""
        return None if self.newest is None else _step(self.newest)

    def found(self) -> list[Path]:
        """Every checkpoint, newest first, whole or not."""
        names = [path for path in _listed(self.folder) if _NAME.fullmatch(path.name)]
        return sorted(names, key=lambda path: (_step(path), path.name), reverse=True)

    def write(self, step: int, parts: list[memoryview]) -> Path:
        """Add the checkpoint after `step` steps; when it is durable, remove those that are old."""
        path = self.folder / _name(step, digest_of(parts))
        write_parts(path, parts)
        return self._added(step, path)

    def stream(self, step: int, parts: Iterator[memoryview]) -> Path:
        """As `write`, with bytes that are there one after the other."""
        path = write_named(self.folder, parts, lambda digest: _name(step, digest))
        return self._added(step, path)

    def _added(self, step: int, path: Path) -> Path:
        earlier = [each for each in self._kept if _step(each) != step]
        self._kept = [path, *earlier][:_KEPT]
        self._remove_others()
        return path

    def _remove_others(self) -> None:
        old = [path for path in self.found() if path not in self._kept]
        with writing(self.folder):
            for path in old:
                path.unlink(missing_ok=True)
            if old:
                flush_folder(self.folder)

    def restore(self, take: Callable[[TensorFile], None]) -> list[str]:
        """Hand the newest checkpoint that is whole to `take`; what there is to say of it.

        `take` raises `ValueError` where the file is whole and yet not one of this run. Raises
        `NetlangError` where there are checkpoints and none can be used.
        """
        candidates = self.found()
        refused: list[str] = []
        for index, path in enumerate(candidates):
            try:
                with opened(path) as file:
                    _check(path, file)
                    take(file)
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
    return f"{step:09d}-{digest[:_DIGITS]}.safetensors"


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise NetlangError(UnreadableRun(span=None, path=str(folder), why=_reason(error))) from None


def _step(path: Path) -> int:
    return int(path.name.partition("-")[0])


def same_bytes(path: Path, file: TensorFile) -> bool:
    """Whether a file has the digest that its name says."""
    return path.name.endswith(f"-{file.digest()[:_DIGITS]}.safetensors")


def _check(path: Path, file: TensorFile) -> None:
    if not same_bytes(path, file):
        raise ValueError("its bytes are not those that were written")


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
