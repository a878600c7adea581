"""Passes the first process's checkpoint to all, whether or not they share a file system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from netlang.backends.torch.train.files.checkpoints import (
    digits_of,
    is_folder,
    opened_checkpoint,
)
from netlang.backends.torch.train.files.reader import TensorSource
from netlang.backends.torch.train.files.shards import ShardFolder, opened_folder
from netlang.backends.torch.train.world import World
from netlang.backends.weights.checkpoint import MANIFEST
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import UnreadableRun
from netlang.processes.writing import writing

__all__ = ["hand_on"]

_CHUNK = 1 << 26


def hand_on(path: Path, world: World, take: Callable[[TensorSource], None]) -> None:
    """Let the other processes load the checkpoint at `path` that the first one loaded.

    All processes call it. Those that can't read the checkpoint there, or find different bytes, get
    a copy among the system's temporary files. Raises `NetlangError` if there is no room for it, or
    if the copy can't be used either.
    """
    taken = world.writes or _is_taken(path, take)
    if not world.largest(int(not taken)):
        return
    with ExitStack() as stack:
        copy = None if taken else stack.enter_context(_temporary_folder())
        _send(path, world, copy)
        if copy is not None:
            with _reading(path):
                _take(copy / path.name, take)


def _is_taken(path: Path, take: Callable[[TensorSource], None]) -> bool:
    try:
        _take(path, take)
    except (OSError, ValueError):
        return False
    return True


def _take(path: Path, take: Callable[[TensorSource], None]) -> None:
    """Of a folder, each process reads a part; the bytes of the files that it reads are compared."""
    with opened_checkpoint(path) as source:
        if isinstance(source, ShardFolder):
            source.check_manifest(digits_of(path))
        else:
            source.check(digits_of(path))
        take(source)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    with ExitStack() as stack:
        with writing(Path("a temporary folder")):
            path = stack.enter_context(TemporaryDirectory())
        yield Path(path)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Inside, problems with a checkpoint become errors that name `path`."""
    try:
        yield
    except (OSError, ValueError) as error:
        why = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise NetlangError(UnreadableRun(span=None, path=str(path), why=why)) from None


def _names(path: Path) -> list[str]:
    """The files of a checkpoint, relative to the folder that contains it."""
    if not is_folder(path):
        return [path.name]
    with opened_folder(path) as found:
        return [f"{path.name}/{each}" for each in (MANIFEST, *(s.name for s in found.shards))]


def _send(path: Path, world: World, copy: Path | None) -> None:
    """Send files of the first process to the processes that have a folder `copy`."""
    with _reading(path):
        names = _names(path) if world.writes else []
    for name in world.copied("\n".join(names).encode()).decode().split("\n"):
        with ExitStack() as stack:
            source = target = None
            if copy is not None:
                stack.enter_context(writing(copy / name))
                (copy / name).parent.mkdir(exist_ok=True)
                target = stack.enter_context((copy / name).open("xb"))
            if world.writes:
                stack.enter_context(_reading(path))
                source = stack.enter_context((path.parent / name).open("rb"))
            while chunk := world.copied(b"" if source is None else source.read(_CHUNK)):
                if target is not None:
                    target.write(chunk)
