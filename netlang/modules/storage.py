"""Where `.net` files are read from: the disk, or a revision in git.

On the disk, an `.onnx` file stands for the spec in its metadata.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from os.path import exists, isdir
from pathlib import Path
from typing import final

from netlang.modules.files import bundled_files, read
from netlang.source import Source

__all__ = ["DISK", "Storage"]


class Storage(ABC):
    """Has files at paths. Files of the bundled library are always on the disk."""

    @abstractmethod
    def has(self, path: Path) -> bool:
        """Whether there is a file, or something else that is no folder, at a path."""

    @abstractmethod
    def leads_out(self, path: Path, folder: Path) -> bool:
        """Whether what is at a path in a folder is a link to a file elsewhere."""

    @abstractmethod
    def read(self, path: Path, shown: str | None = None) -> Source:
        """The text of a file, called `shown` in messages. Raises `NetlangError`."""


@final
class _Disk(Storage):
    def has(self, path: Path) -> bool:
        return exists(path) and not isdir(path)  # says no of a name that is too long

    def leads_out(self, path: Path, folder: Path) -> bool:
        end = path.resolve()
        return not end.is_relative_to(folder.resolve()) and path not in bundled_files().values()

    def read(self, path: Path, shown: str | None = None) -> Source:
        if path.suffix == ".onnx":
            from netlang.modules.onnx_metadata import spec_in_model  # few specs are in one

            return spec_in_model(path, shown)
        return read(path, shown)


DISK: Storage = _Disk()
