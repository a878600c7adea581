"""A checkpoint to which each process writes its own rows, with PyTorch's distributed checkpoints.

PyTorch's planner divides the work and ensures that all rows of each tensor are written. The output
is safetensors files and a JSON manifest, nothing else. Of PyTorch's own writers, the default one
writes a pickle beside the data, and the safetensors one keeps no digest, no facts
and, of shards, no index.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import final

import torch
from torch import Tensor
from torch.distributed.checkpoint.default_planner import DefaultSavePlanner
from torch.distributed.checkpoint.metadata import (
    ChunkStorageMetadata,
    Metadata,
    MetadataIndex,
    TensorProperties,
)
from torch.distributed.checkpoint.planner import (
    SavePlan,
    SavePlanner,
    TensorWriteData,
    WriteItem,
    WriteItemType,
)
from torch.distributed.checkpoint.state_dict_saver import save
from torch.distributed.checkpoint.storage import StorageWriter, WriteResult
from torch.futures import Future

from netlang.atomic import replace_file, replacing, write_all
from netlang.backends.torch.train.files.encoding import header_of, in_order
from netlang.backends.torch.train.files.pieces import offsets_of, places_of, written_by
from netlang.backends.torch.train.files.shards import Shard, manifest_of, shard_name
from netlang.backends.torch.train.processes.rows import Kept, Rows, flat_bytes, own_of, shape_of
from netlang.backends.torch.train.sharding.failures import as_raised
from netlang.backends.torch.train.world import World
from netlang.backends.weights.checkpoint import MANIFEST
from netlang.backends.weights.signature import digest_of

__all__ = ["save_shards"]


def save_shards(
    folder: Path,
    tensors: Mapping[str, Kept],
    metadata: Mapping[str, str],
    world: World,
    commit: Callable[[str], object],
) -> None:
    """Fill `folder`, which all processes see; then the first process alone calls `commit`.

    It gets the digest of the manifest once everything is on disk. An error in one process is raised
    in all of them, as an `OSError` if it was one.
    """
    own = written_by(tensors, world)
    with as_raised():
        save(
            {name: own_of(kept) for name, kept in own.items()},
            storage_writer=_Writer(folder, metadata, world, commit),
            planner=_Planner(own),
            process_group=world.control,
        )


@final
class _Planner(DefaultSavePlanner):
    """Offers this process's rows."""

    def __init__(self, own: Mapping[str, Kept]) -> None:
        super().__init__(flatten_state_dict=False, flatten_sharded_tensors=False)
        self._own = own

    def create_local_plan(self) -> SavePlan:
        self.plan = SavePlan([_item(name, kept) for name, kept in self._own.items()])
        return self.plan

    def lookup_object(self, index: MetadataIndex) -> Tensor:
        return own_of(self._own[index.fqn])


def _item(name: str, kept: Kept) -> WriteItem:
    own, rows = own_of(kept), isinstance(kept, Rows)
    place = torch.Size(offsets_of(kept))
    return WriteItem(
        MetadataIndex(name, place),
        WriteItemType.SHARD if rows else WriteItemType.TENSOR,
        tensor_data=TensorWriteData(
            ChunkStorageMetadata(place, own.shape),
            TensorProperties(own.dtype),
            torch.Size(shape_of(kept)),
        ),
    )


@final
class _Writer(StorageWriter):
    """Writes a file in each process and finally, in the first one, the manifest."""

    def __init__(
        self,
        folder: Path,
        metadata: Mapping[str, str],
        world: World,
        commit: Callable[[str], object],
    ) -> None:
        self._folder, self._metadata, self._world = folder, metadata, world
        self._commit = commit

    def reset(self, checkpoint_id: str | os.PathLike[str] | None = None) -> None:
        """Nothing to do: it writes a single checkpoint."""

    def set_up_storage_writer(self, is_coordinator: bool, *args: object, **kwargs: object) -> None:
        """Nothing to do: the folder exists."""

    def prepare_local_plan(self, plan: SavePlan) -> SavePlan:
        return plan

    def prepare_global_plan(self, plans: list[SavePlan]) -> list[SavePlan]:
        return plans

    def write_data(self, plan: SavePlan, planner: SavePlanner) -> Future[list[WriteResult]]:
        items = {item.index.fqn: item for item in plan.items}
        assert len(items) == len(plan.items), "a process has one part of each tensor"
        shard = self._write(items, planner) if items else None
        done: Future[list[WriteResult]] = Future()
        done.set_result([WriteResult(item.index, 0, shard) for item in plan.items])
        return done

    def _write(self, items: Mapping[str, WriteItem], planner: SavePlanner) -> Shard:
        name = shard_name(self._world.rank, self._world.size)
        digest, size = sha256(), 0
        with replacing(self._folder / name) as temporary:

            def seen() -> Iterator[memoryview]:
                nonlocal size
                for part in _bytes_of(items, planner):
                    digest.update(part)
                    size += len(part)
                    yield part

            write_all(temporary, seen())
        return Shard(name, size, digest.hexdigest())

    def finish(self, metadata: Metadata, results: list[list[WriteResult]]) -> None:
        shards = {result.storage_data for each in results for result in each}
        content = manifest_of(self._metadata, shards)
        replace_file(self._folder / MANIFEST, content)
        self._commit(digest_of([content]))

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: str | os.PathLike[str]) -> bool:
        return False


def _bytes_of(items: Mapping[str, WriteItem], planner: SavePlanner) -> Iterator[memoryview]:
    """The bytes of these tensors as a file, one after the other, in main memory."""
    tensors = {name: _tensor(planner, item) for name, item in items.items()}
    ordered = in_order(tensors)
    offsets = {name: items[name].index.offset or () for name in ordered}
    yield header_of(ordered, places_of(offsets))
    for tensor in ordered.values():
        yield flat_bytes(tensor).numpy().data


def _tensor(planner: SavePlanner, item: WriteItem) -> Tensor:
    found = planner.resolve_data(item)
    assert isinstance(found, Tensor)
    return found
