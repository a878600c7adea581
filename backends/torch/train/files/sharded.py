"""The checkpoint of a run whose weights are sharded over processes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from netlang.backends.torch.train.files.checkpoints import Checkpoints
from netlang.backends.torch.train.files.streaming import bytes_together, spend
from netlang.backends.torch.train.processes.rows import Kept
from netlang.backends.torch.train.storage import Json, metadata_of
from netlang.backends.torch.train.world import World
from netlang.processes.writing import writing

__all__ = ["save_sharded"]


def save_sharded(
    checkpoints: Checkpoints,
    step: int,
    tensors: Mapping[str, Kept],
    facts: Mapping[str, Json],
    world: World,
) -> None:
    """Add a checkpoint: a folder in which each process writes its own file.

    If a host can't see the folder of the first process, the first process writes everything as one
    file.
    """
    with ExitStack() as stack:
        gathered = stack.enter_context(checkpoints.gathering()) if world.writes else None
        name = world.copied(b"" if gathered is None else gathered.name.encode()).decode()
        folder = checkpoints.folder / name
        if not world.largest(int(not folder.is_dir())):
            # PyTorch's checkpoints take a while to import, and most runs have none.
            from netlang.backends.torch.train.sharding.saving import save_shards

            placed: list[Path] = []

            def commit(digest: str) -> None:
                placed.append(checkpoints.place(step, folder, digest))

            with writing(checkpoints.folder):
                save_shards(folder, tensors, metadata_of(facts), world, commit)
            for path in placed:
                checkpoints.added(path)
            return
    parts = bytes_together(tensors, facts, world)
    if world.writes:
        checkpoints.stream(step, parts)
    else:
        spend(parts)
