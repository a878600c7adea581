"""Writers with a mistake that many programs have; the tests must notice each of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from netlang import atomic
from netlang.backends.torch.train import storage
from netlang.backends.torch.train.files.checkpoints import Checkpoints
from netlang.processes.writing import writing

__all__ = ["WRITERS", "in_place", "rotating_first", "unflushed"]


def in_place() -> None:
    """Files are written where they stand, without a rename."""

    def write_parts(path: Path, parts: list[memoryview]) -> None:
        with writing(path):
            descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o666)
            for part in parts:
                atomic.append(descriptor, part)
            os.fsync(descriptor)
            os.close(descriptor)
            atomic.flush_folder(path.parent)

    _substitute("write_parts", storage.write_parts, write_parts)


def rotating_first() -> None:
    """Old checkpoints go before the new one is there."""
    write = Checkpoints.write

    def hasty(self: Checkpoints, step: int, parts: list[memoryview]) -> Path:
        for path in self.found():
            path.unlink()
        return write(self, step, parts)

    place = Checkpoints.place

    def hasty_folder(self: Checkpoints, step: int, gathered: Path, digest: str) -> Path:
        for path in self.found():
            self._take_away(path)
        return place(self, step, gathered, digest)

    Checkpoints.write = hasty  # type: ignore[method-assign]  # patched
    Checkpoints.place = hasty_folder  # type: ignore[method-assign]  # patched


def unflushed() -> None:
    """Nothing is flushed: a rename alone, which a power cut turns into an empty file."""
    atomic._flush = lambda path, flags: None


WRITERS: dict[int, Callable[[], None]] = {1: in_place, 2: rotating_first, 3: unflushed}


def _substitute(name: str, original: object, other: object) -> None:
    """Put `other` in every module that imported `original`."""
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith("netlang.") and getattr(module, name, None) is original:
            setattr(module, name, other)
