"""Writes files as a stream of bytes, which are never in memory all at once.

So a net that is too large for any single process can be written: each process sends its rows in
turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.atomic import placing, replacing, write_all
from netlang.backends.torch.train.files.encoding import header_of, in_order
from netlang.backends.torch.train.processes.rows import Kept, bytes_of
from netlang.backends.torch.train.storage import Json, metadata_of
from netlang.backends.torch.train.world import World
from netlang.backends.weights.signature import DIGEST, NO_DIGEST, stamped
from netlang.processes.writing import writing

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["bytes_together", "save_together", "spend", "write_named"]


def bytes_together(
    tensors: Mapping[str, Kept], facts: Mapping[str, Json], world: World
) -> Iterator[memoryview]:
    """The bytes of a checkpoint in the first process; the other processes send it their part."""
    ordered = in_order(tensors)
    return chain([header_of(ordered, metadata_of(facts))], bytes_of(ordered, world))


def spend(parts: Iterable[memoryview]) -> None:
    """Take part in what the first process writes."""
    deque(parts, maxlen=0)


def write_named(folder: Path, parts: Iterable[memoryview], name: Callable[[str], str]) -> Path:
    """Write a file whose name contains a digest of its bytes."""
    digest = sha256()
    with writing(folder), placing(folder, "checkpoint") as file:
        write_all(file.temporary, _seen(parts, digest))
        file.name = name(digest.hexdigest())
    return folder / file.name


def save_together(
    path: Path, tensors: Mapping[str, Kept], facts: Mapping[str, Json], world: World
) -> None:
    """Replace a file by tensors and their facts, as `save_tensors` does. All processes call it."""
    ordered = in_order(tensors)
    header = bytes(header_of(ordered, {**metadata_of(facts), DIGEST: NO_DIGEST}))
    parts = bytes_of(ordered, world)
    if not world.writes:
        spend(parts)
        return
    digest = sha256()
    with writing(path), replacing(path) as temporary:
        write_all(temporary, _seen(chain([memoryview(header)], parts), digest))
        # The digest is of all bytes, so it comes last, into its place in the beginning.
        write_all(temporary, [stamped(header, digest.hexdigest())])


def _seen(parts: Iterable[memoryview], digest: _Hash) -> Iterator[memoryview]:
    for part in parts:
        digest.update(part)
        yield part
