"""Tensors stored in several files, each with some rows of the whole.

The metadata of a file say which rows it has, in the format of PyTorch's own safetensors writer
(`torch.distributed.checkpoint.HuggingFaceStorageWriter`), so PyTorch's reader understands it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple, final

from netlang.backends.torch.train.files.part import mapping_of, whole_of
from netlang.backends.torch.train.files.reader import TensorFile, parsed_json
from netlang.backends.torch.train.processes.rows import Kept, Rows, own_of
from netlang.backends.torch.train.storage import Json
from netlang.backends.torch.train.world import World
from netlang.backends.weights.checkpoint import PLACES
from netlang.backends.weights.header import TensorEntry
from netlang.backends.weights.signature import FACTS

__all__ = [
    "Piece", "SplitTensor", "offsets_of", "pieces_of", "places_of", "together", "written_by",
]  # fmt: skip

_OFFSETS = "saved_offsets"


@final
class Piece(NamedTuple):
    """Consecutive rows of a tensor, starting at row `first`, with their file and place in it."""

    first: int
    file: str
    entry: TensorEntry

    @property
    def offsets(self) -> tuple[int, ...]:
        """The position of its first element in the whole."""
        return (self.first, *(0 for _ in self.entry.shape[1:]))[: len(self.entry.shape)]


@final
class SplitTensor(NamedTuple):
    """A tensor stored in several files, as a sequence of consecutive pieces."""

    dtype: str
    shape: tuple[int, ...]
    pieces: tuple[Piece, ...]


def written_by(tensors: Mapping[str, Kept], world: World) -> dict[str, Kept]:
    """Those that this process writes: its rows, and the first one what all of them have."""
    return {
        name: kept
        for name, kept in tensors.items()
        if (len(kept.own) > 0 if isinstance(kept, Rows) else world.writes)
    }


def offsets_of(kept: Kept) -> tuple[int, ...]:
    """Where the first element of what this process has is in the whole."""
    first = [kept.first] if isinstance(kept, Rows) else []
    return (*first, *(0 for _ in own_of(kept).shape[len(first) :]))


def places_of(offsets: Mapping[str, Iterable[int]]) -> dict[str, str]:
    """Metadata that say where the tensors of a file lie in the whole ones."""
    places = {name: {_OFFSETS: list(each)} for name, each in offsets.items()}
    # With facts, though none: whoever takes the file for one of weights is told what it is.
    return {FACTS: "{}", PLACES: json.dumps(places, sort_keys=True, separators=(",", ":"))}


def pieces_of(file: TensorFile, name: str) -> dict[str, Piece]:
    """The pieces in a file of this name. `ValueError` if it doesn't say which rows they are."""
    known = mapping_of(parsed_json(file.metadata.get(PLACES, "{}")))
    return {
        tensor: Piece(_first(known.get(tensor), entry), name, entry)
        for tensor, entry in file.entries.items()
    }


def _first(place: Json, entry: TensorEntry) -> int:
    """The row of the whole with which a piece begins."""
    offsets = mapping_of(place).get(_OFFSETS)
    if not isinstance(offsets, list) or len(offsets) != len(entry.shape):
        raise ValueError("it doesn't say where its tensors lie")
    first, *others = [whole_of(each) for each in offsets] or [0]
    if any(others):
        raise ValueError("it has other parts of tensors than rows")
    return first


def together(name: str, pieces: list[Piece]) -> SplitTensor:
    """The tensor that these pieces form. `ValueError` if they overlap or leave gaps."""
    pieces = sorted(pieces)
    kinds = {(piece.entry.dtype, piece.entry.shape[1:]) for piece in pieces}
    dtype, shape = pieces[0].entry.dtype, pieces[0].entry.shape
    reached = 0
    for piece in pieces:
        if piece.first != reached or len(kinds) > 1 or (not shape and len(pieces) > 1):
            raise ValueError(f"the parts of `{name[:60]}` don't make a tensor")
        reached += piece.entry.shape[0] if piece.entry.shape else 0
    return SplitTensor(dtype, (reached, *shape[1:]) if shape else (), tuple(pieces))
