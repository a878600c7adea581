"""A file of the first process in all of them, whether or not they share a file system."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from netlang.backends.torch.train.files.checkpoints import same_bytes
from netlang.backends.torch.train.files.reader import TensorFile, opened
from netlang.backends.torch.train.world import World

__all__ = ["everywhere"]

_CHUNK = 1 << 26


@contextmanager
def everywhere(path: Path, world: World) -> Iterator[TensorFile]:
    """Inside, the checkpoint at `path` in the first process, open in each of them.

    Where it can't be read at that path, the processes without it get a copy that has no name.
    """
    with ExitStack() as stack:
        file = _own(path, stack)
        if world.largest(int(file is None)):
            copy = stack.enter_context(tempfile.TemporaryFile())
            _send(path, world, copy, keep=file is None)
            file = file or TensorFile(copy)
        assert file is not None
        yield file


def _own(path: Path, stack: ExitStack) -> TensorFile | None:
    """The file, where this process finds it whole."""
    try:
        file = stack.enter_context(opened(path))
        return file if same_bytes(path, file) else None
    except (OSError, ValueError):
        return None


def _send(path: Path, world: World, copy: IO[bytes], *, keep: bool) -> None:
    with ExitStack() as stack:
        source = stack.enter_context(path.open("rb")) if world.writes else None
        while chunk := world.copied(b"" if source is None else source.read(_CHUNK)):
            if keep:
                copy.write(chunk)
    copy.seek(0)
