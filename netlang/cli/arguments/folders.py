"""Folders as arguments: each stands for all `.net` files below it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["files_in", "is_folder"]


def is_folder(name: str) -> bool:
    """Whether an argument is a folder; one with a spec's name, `x.net`, isn't, nor is ""."""
    try:
        return name != "" and not name.endswith(".net") and Path(name).is_dir()
    except (OSError, ValueError):  # no file can have this name, which reading it says
        return False


def files_in(names: Iterable[str]) -> Iterator[str]:
    """The arguments, with folders replaced by their files. Raises `NetlangError` for none."""
    for name in names:
        if not is_folder(name):
            yield name
            continue
        found = sorted(_under(Path(name)))
        if not found:
            raise _nothing(name)
        yield from map(str, found)


def _under(folder: Path) -> Iterator[Path]:
    """The files below a folder, without hidden ones and links that lead out of it.

    The specs that a run copied into its folder are skipped, since the originals are checked.
    """
    top = folder.resolve()
    for where, folders, names in os.walk(folder):
        copied = "spec" if "run.json" in names else ""
        folders[:] = [each for each in folders if not each.startswith(".") and each != copied]
        for name in names:
            path = Path(where) / name
            if path.suffix != ".net" or name.startswith(".") or not path.is_file():
                continue
            if path.resolve().is_relative_to(top):
                yield path


def _nothing(name: str) -> Exception:
    from netlang.diagnostics.errors import NetlangError
    from netlang.diagnostics.files import IsADirectory

    return NetlangError(IsADirectory(span=None, path=name, advice="no `.net` file is under it"))
