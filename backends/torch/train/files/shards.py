"""A checkpoint written in parts by each process: a folder of safetensors files and a manifest.

`manifest.json` has the facts of the run, and the length and SHA-256 of each file. The digest of the
manifest is part of the folder's name, so any change to any byte is noticed.

Once a folder is opened, the rows of each tensor are known to follow each other without gap or
overlap.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, final

import torch
from torch import Tensor

from netlang.backends.torch.train.files.encoding import DTYPES
from netlang.backends.torch.train.files.part import mapping_of, whole_of
from netlang.backends.torch.train.files.pieces import Piece, SplitTensor, pieces_of, together
from netlang.backends.torch.train.files.reader import (
    TensorSource,
    opened,
    parsed_json,
    plain_file,
    read_rows,
    read_small,
)
from netlang.backends.torch.train.processes.rows import Kept
from netlang.backends.torch.train.storage import Json
from netlang.backends.weights.checkpoint import MANIFEST
from netlang.backends.weights.signature import digest_of

__all__ = [
    "Shard", "ShardFolder", "manifest_of", "opened_folder", "shard_name",
]  # fmt: skip

_NAME = re.compile(r"shard-[0-9]{5,9}-of-[0-9]{5,9}\.safetensors")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20
_MOST_READERS = 8


@final
class Shard(NamedTuple):
    """A file of a folder: its length in bytes and its SHA-256."""

    name: str
    size: int
    digest: str


def shard_name(rank: int, count: int) -> str:
    """The name of the file that process `rank` of `count` writes."""
    return f"shard-{rank + 1:05d}-of-{count:05d}.safetensors"


def manifest_of(metadata: Mapping[str, str], shards: Iterable[Shard]) -> bytes:
    """The manifest of a folder with these files."""
    files = [{"file": s.name, "bytes": s.size, "sha256": s.digest} for s in sorted(shards)]
    return json.dumps({"metadata": dict(metadata), "shards": files}, indent=1).encode()


@final
class ShardFolder(TensorSource):
    """An open folder; at most one of its files is open at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        text = read_small(path / MANIFEST)
        self.manifest_digest = digest_of([text.encode()])
        self._metadata, self.shards = _parsed(text)
        pieces: dict[str, list[Piece]] = {}
        for shard in self.shards:
            for name, piece in _pieces(path, shard).items():
                pieces.setdefault(name, []).append(piece)
        self._entries = {name: together(name, found) for name, found in pieces.items()}
        self._read: set[str] = set()
        self._whole: set[str] = set()

    @property
    def entries(self) -> Mapping[str, SplitTensor]:
        return self._entries

    @property
    def metadata(self) -> Mapping[str, str]:
        return self._metadata

    def check(self, digits: str) -> None:
        self.check_manifest(digits)
        readers = min(_MOST_READERS, os.cpu_count() or 1, max(1, len(self.shards)))
        with ThreadPoolExecutor(readers) as pool:
            for shard, found in zip(self.shards, pool.map(self._digest, self.shards), strict=True):
                self._compare(shard, found)

    def check_manifest(self, digits: str) -> None:
        """Raise `ValueError` unless the manifest's digest begins with these digits."""
        if not self.manifest_digest.startswith(digits):
            raise ValueError("its manifest is not the one that was written")

    def _compare(self, shard: Shard, found: str) -> None:
        if found != shard.digest:
            raise ValueError(f"the bytes of {shard.name} are not those that were written")
        self._whole.add(shard.name)

    def _digest(self, shard: Shard) -> str:
        digest = sha256()
        with plain_file(self._path / shard.name) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def load(self, expected: Mapping[str, Kept]) -> dict[str, Tensor]:
        # PyTorch's checkpoints take a while to import, and most runs have none.
        from netlang.backends.torch.train.sharding.loading import loaded

        self._read |= expected.keys()
        stored = {name: self._entries[name] for name in expected}
        return loaded(expected, stored, self._rows)

    def read(self, name: str) -> Tensor:
        stored = self._entries[name]
        whole = torch.empty(stored.shape, dtype=DTYPES[stored.dtype], device="meta")
        return self.load({name: whole})[name]

    def _rows(self, piece: Piece, start: int, count: int) -> Tensor:
        if piece.file not in self._whole:
            # A process that needs some of the files compares these alone.
            (shard,) = (each for each in self.shards if each.name == piece.file)
            self._compare(shard, self._digest(shard))
        with plain_file(self._path / piece.file) as file:
            return read_rows(file, piece.entry, start, count)

    def check_all_read(self) -> None:
        if left := self.entries.keys() - self._read:
            raise ValueError(f"it has `{min(left)[:60]}`")


@contextmanager
def opened_folder(path: Path) -> Iterator[ShardFolder]:
    """A folder with a manifest. A link in place of it or of one of its files is refused."""
    if path.is_symlink():
        raise ValueError("it is a link")
    yield ShardFolder(path)


def _parsed(text: str) -> tuple[dict[str, str], list[Shard]]:
    """The metadata and files that a manifest names. `ValueError` if it is invalid."""
    found = parsed_json(text)
    if not isinstance(found, dict) or found.keys() != {"metadata", "shards"}:
        raise ValueError("its manifest isn't valid")
    given, listed = mapping_of(found["metadata"]), found["shards"]
    metadata = {name: text for name, text in given.items() if isinstance(text, str)}
    if len(metadata) != len(given):
        raise ValueError("the metadata of its manifest aren't texts")
    if not isinstance(listed, list):
        raise ValueError("its manifest lists no files")
    shards = [_shard(mapping_of(each)) for each in listed]
    if len({shard.name for shard in shards}) != len(shards):
        raise ValueError("its manifest lists a file twice")
    return metadata, shards


def _shard(fact: Mapping[str, Json]) -> Shard:
    if fact.keys() != {"file", "bytes", "sha256"}:
        raise ValueError("its manifest doesn't describe its files")
    name, digest = str(fact["file"]), str(fact["sha256"])
    if not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
        raise ValueError(f"its manifest names the file {name[:60]!r}")
    return Shard(name, whole_of(fact["bytes"]), digest)


def _pieces(folder: Path, shard: Shard) -> dict[str, Piece]:
    """The pieces in a file, by the names of the tensors."""
    try:
        with opened(folder / shard.name) as file:
            if file.size != shard.size:
                raise ValueError(f"it has {file.size} bytes instead of {shard.size}")
            return pieces_of(file, shard.name)
    except FileNotFoundError:
        raise ValueError(f"it lacks {shard.name}") from None
    except ValueError as error:
        raise ValueError(f"{shard.name}: {error}") from None
