"""Reads untrusted safetensors files.

Until a tensor is requested, memory is bounded by the limit on headers, and then by that tensor.
Nothing in a file is executed, and it refers to no other file.
"""

from __future__ import annotations

import json
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from itertools import chain
from math import prod
from pathlib import Path
from typing import Protocol, TypeAlias, final

import torch
from torch import Tensor

from netlang.backends.torch.train.files.encoding import DTYPES
from netlang.backends.torch.train.processes.rows import Kept, Rows, own_of
from netlang.backends.weights.header import (
    SIZES,
    Header,
    TensorEntry,
    parse_header,
    read_start,
)
from netlang.backends.weights.signature import check_signature, digest_of

__all__ = [
    "TensorDescription", "Json", "TensorSource", "TensorFile", "opened", "parsed_json",
    "plain_file", "read_rows", "read_small",
]  # fmt: skip

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

_CHUNK = 1 << 20
_LARGEST_TEXT = 16 << 20


class TensorDescription(Protocol):
    """A stored tensor: its shape, and its type by the name in the format."""

    @property
    def dtype(self) -> str: ...

    @property
    def shape(self) -> tuple[int, ...]: ...


class TensorSource(ABC):
    """Stored tensors and facts. `ValueError` and `OSError` say what is wrong with them."""

    @property
    @abstractmethod
    def entries(self) -> Mapping[str, TensorDescription]:
        """The stored tensors by name."""

    @property
    @abstractmethod
    def metadata(self) -> Mapping[str, str]:
        """The texts stored beside the tensors."""

    @abstractmethod
    def check(self, digits: str) -> None:
        """Raise `ValueError` unless the digest of its bytes begins with these digits."""

    @abstractmethod
    def load(self, expected: Mapping[str, Kept]) -> dict[str, Tensor]:
        """The expected part of each tensor, on the CPU. Shapes must have been checked."""

    @abstractmethod
    def read(self, name: str) -> Tensor:
        """A tensor, on the CPU. Raises `KeyError` if there is none of that name."""

    @abstractmethod
    def check_all_read(self) -> None:
        """Raise `ValueError` if there is something that wasn't read."""


@final
class TensorFile(TensorSource):
    """An open file."""

    def __init__(self, file: BufferedReader) -> None:
        self._file = file
        self.size = size = os.fstat(file.fileno()).st_size
        self._start = read_start(file.read, size)
        self.header: Header = parse_header(self._start, size)
        self._read: set[str] = set()

    @property
    def entries(self) -> Mapping[str, TensorEntry]:
        return self.header.entries

    @property
    def metadata(self) -> Mapping[str, str]:
        return self.header.metadata

    def check(self, digits: str) -> None:
        if not self.digest().startswith(digits):
            raise ValueError("its bytes are not those that were written")

    def load(self, expected: Mapping[str, Kept]) -> dict[str, Tensor]:
        return {name: self._part(name, kept) for name, kept in expected.items()}

    def _part(self, name: str, kept: Kept) -> Tensor:
        if isinstance(kept, Rows):
            return self.rows(name, kept.first, len(own_of(kept)))
        return self.read(name)

    def digest(self) -> str:
        """SHA-256 of the whole file."""
        return digest_of(chain([self._start], self._chunks()))

    def check_signature(self) -> None:
        """Raise `ValueError` if the file is signed and isn't what was written."""
        check_signature(self._start, self.header.metadata, self._chunks())

    def check_all_read(self) -> None:
        if left := self.entries.keys() - self._read:
            raise ValueError(f"it has `{min(left)[:60]}`")

    def _chunks(self) -> Iterator[bytes]:
        self._file.seek(len(self._start))
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def read(self, name: str) -> Tensor:
        entry = self.entries[name]
        self._read.add(name)
        return _filled(self._file, entry, entry.begin, entry.shape)

    def rows(self, name: str, first: int, count: int) -> Tensor:
        """`count` rows of a tensor, on the CPU."""
        entry = self.entries[name]
        if first + count > entry.shape[0]:
            raise ValueError(f"`{name[:60]}` has {entry.shape[0]} rows")
        self._read.add(name)
        return read_rows(self._file, entry, first, count)


def read_rows(file: BufferedReader, entry: TensorEntry, first: int, count: int) -> Tensor:
    """`count` rows from row `first` on of a tensor in `file`, on the CPU."""
    others = entry.shape[1:]
    row = SIZES[entry.dtype] * prod(others)
    return _filled(file, entry, entry.begin + first * row, (count, *others))


def _filled(file: BufferedReader, entry: TensorEntry, begin: int, shape: tuple[int, ...]) -> Tensor:
    tensor = torch.empty(shape, dtype=DTYPES[entry.dtype])
    file.seek(begin)
    memory = tensor.reshape(-1).view(torch.uint8).numpy().data
    if file.readinto(memory) != len(memory):
        raise ValueError("it is cut off")
    return tensor


@contextmanager
def opened(path: Path) -> Iterator[TensorFile]:
    """A file of tensors. A link or device in its place is refused."""
    with plain_file(path) as file:
        yield TensorFile(file)


def read_small(path: Path) -> str:
    """The text of a file, if it has no more than a few megabytes."""
    with plain_file(path) as file:
        content = file.read(_LARGEST_TEXT + 1)
    if len(content) > _LARGEST_TEXT:
        raise ValueError(f"it has more than {_LARGEST_TEXT} bytes")
    return content.decode("utf-8")


def parsed_json(text: str) -> Json:
    """The value of a JSON text. `ValueError` if it is invalid or too deeply nested."""
    try:
        found: Json = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} isn't a number")


def plain_file(path: Path) -> BufferedReader:
    # Opening a pipe would wait for its other end, so what it is is asked first.
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError("it isn't a plain file")
    return path.open("rb")
