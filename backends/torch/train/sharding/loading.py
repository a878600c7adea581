"""Loads a process's part of a folder of shards, whoever wrote it.

PyTorch's distributed checkpoints plan which rows of which file become which rows here.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from typing import TypeAlias, final

import torch
from torch import Tensor
from torch.distributed.checkpoint.default_planner import DefaultLoadPlanner
from torch.distributed.checkpoint.metadata import (
    ChunkStorageMetadata,
    Metadata,
    MetadataIndex,
    TensorProperties,
    TensorStorageMetadata,
)
from torch.distributed.checkpoint.planner import LoadPlan, LoadPlanner
from torch.distributed.checkpoint.planner_helpers import create_read_items_for_chunk_list
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.storage import StorageReader
from torch.futures import Future

from netlang.backends.torch.train.files.encoding import DTYPES
from netlang.backends.torch.train.files.pieces import Piece, SplitTensor
from netlang.backends.torch.train.processes.rows import Kept, Rows, own_of
from netlang.backends.torch.train.sharding.failures import as_raised

__all__ = ["Read", "loaded"]

Read: TypeAlias = Callable[[Piece, int, int], Tensor]
"""The first row, counted within the piece, and the number of rows."""


def loaded(
    expected: Mapping[str, Kept], stored: Mapping[str, SplitTensor], read: Read
) -> dict[str, Tensor]:
    """The expected part of each tensor, on the CPU. `stored` must have the same names.

    Raises what `read` raises.
    """
    found = {
        name: torch.empty(own_of(kept).shape, dtype=own_of(kept).dtype)
        for name, kept in expected.items()
    }
    with warnings.catch_warnings(), as_raised():
        # Each process reads what it needs, without communication.
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        load(
            dict(found),
            storage_reader=_Reader(stored, read),
            planner=_Planner(expected),
            no_dist=True,
        )
    return found


@final
class _Planner(DefaultLoadPlanner):
    """Asks for this process's rows."""

    def __init__(self, expected: Mapping[str, Kept]) -> None:
        super().__init__(flatten_state_dict=False, flatten_sharded_tensors=False)
        self._expected = expected

    def create_local_plan(self) -> LoadPlan:
        assert self.metadata is not None
        items = []
        for name, kept in self._expected.items():
            stored = self.metadata.state_dict_metadata[name]
            assert isinstance(stored, TensorStorageMetadata)
            if own_of(kept).numel():
                items += create_read_items_for_chunk_list(name, stored, [_chunk(kept)])
        return LoadPlan(items)

    def lookup_tensor(self, index: MetadataIndex) -> Tensor:
        tensor: Tensor = self.state_dict[index.fqn]
        return tensor


def _chunk(kept: Kept) -> ChunkStorageMetadata:
    """The part of the whole that a process has."""
    own = own_of(kept)
    offsets = [0] * own.dim()
    if isinstance(kept, Rows):
        offsets[0] = kept.first
    return ChunkStorageMetadata(torch.Size(offsets), own.shape)


@final
class _Reader(StorageReader):
    """Reads what is stored, piece by piece."""

    def __init__(self, stored: Mapping[str, SplitTensor], read: Read) -> None:
        self._stored, self._read = stored, read
        self._pieces: dict[MetadataIndex, Piece] = {
            MetadataIndex(name, torch.Size(piece.offsets)): piece
            for name, each in stored.items()
            for piece in each.pieces
        }

    def reset(self, checkpoint_id: str | os.PathLike[str] | None = None) -> None:
        """Nothing to do: it reads a single checkpoint."""

    def read_metadata(self) -> Metadata:
        return Metadata({name: _described(stored) for name, stored in self._stored.items()})

    def set_up_storage_reader(self, metadata: Metadata, is_coordinator: bool) -> None:
        """Nothing to do: the file is open."""

    def prepare_local_plan(self, plan: LoadPlan) -> LoadPlan:
        return plan

    def prepare_global_plan(self, plans: list[LoadPlan]) -> list[LoadPlan]:
        return plans

    def read_data(self, plan: LoadPlan, planner: LoadPlanner) -> Future[None]:
        for item in plan.items:
            piece = self._pieces[item.storage_index]
            start, count = (*item.storage_offsets, 0)[0], (*item.lengths, 1)[0]
            target = planner.resolve_tensor(item)
            target.copy_(self._read(piece, start, count).reshape(target.shape))
            planner.commit_tensor(item, target)
        done: Future[None] = Future()
        done.set_result(None)
        return done

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: str | os.PathLike[str]) -> bool:
        return False


def _described(stored: SplitTensor) -> TensorStorageMetadata:
    return TensorStorageMetadata(
        TensorProperties(DTYPES[stored.dtype]),
        torch.Size(stored.shape),
        [
            ChunkStorageMetadata(torch.Size(piece.offsets), torch.Size(piece.entry.shape))
            for piece in stored.pieces
        ],
    )
