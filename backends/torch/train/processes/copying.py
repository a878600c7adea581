"""A checkpoint of the first process in all of them, whether or not they share a file system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from netlang.backends.torch.train.files.checkpoints import digits_of, is_folder
from netlang.backends.torch.train.files.reader import Source, opened
from netlang.backends.torch.train.files.shards import ShardFolder, opened_folder
from netlang.backends.torch.train.world import World
from netlang.backends.weights.checkpoint import MANIFEST

__all__ = ["everywhere"]

_CHUNK = 1 << 26


@contextmanager
def everywhere(path: Path, world: World) -> Iterator[Source]:
    """Inside, the checkpoint at `path` in the first process, open in each of them.

    Where it can't be read at that path, the processes without it get a copy among the system's
    temporary files.
    """
    with ExitStack() as stack:
        found = _own(path, stack)
        if world.largest(int(found is None)):
            copy = stack.enter_context(TemporaryDirectory()) if found is None else None
            _send(path, _names(path, found), world, copy)
            found = found or _own(Path(str(copy), path.name), stack)
        assert found is not None
        yield found


def _own(path: Path, stack: ExitStack) -> Source | None:
    """The checkpoint, where this process finds it.

    The first process has looked at all bytes of it. Of a folder, of which the others read a part
    each, they look at the manifest and the lengths of the files.
    """
    try:
        if is_folder(path):
            folder = stack.enter_context(opened_folder(path))
            folder.check_manifest(digits_of(path))
            return folder
        file = stack.enter_context(opened(path))
        file.check(digits_of(path))
    except (OSError, ValueError):
        return None
    return file


def _names(path: Path, found: Source | None) -> list[str]:
    """The files of a checkpoint, by their paths in the folder that it is in."""
    if not isinstance(found, ShardFolder):
        return [path.name]
    return [f"{path.name}/{name}" for name in (MANIFEST, *(shard.name for shard in found.shards))]


def _send(path: Path, names: list[str], world: World, copy: str | None) -> None:
    """Write files of the first process into the folder `copy` of those that have one."""
    for name in world.copied("\n".join(names).encode()).decode().split("\n"):
        with ExitStack() as stack:
            source = stack.enter_context((path.parent / name).open("rb")) if world.writes else None
            target = None if copy is None else Path(copy, name)
            if target is not None:
                target.parent.mkdir(exist_ok=True)
                target.touch()
            while chunk := world.copied(b"" if source is None else source.read(_CHUNK)):
                if target is not None:
                    with target.open("ab") as file:
                        file.write(chunk)
