"""Reading a safetensors file that anyone may have written.

Memory is bounded by the header's limit until a tensor is asked for, and then by that tensor.
Nothing in a file is executed, and it names no other file.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from math import prod
from pathlib import Path
from typing import IO, final

import torch
from torch import Tensor

from netlang.backends.torch.train.files.encoding import DTYPES
from netlang.backends.weights.header import (
    LONGEST_HEADER,
    SIZES,
    Entry,
    Header,
    parse_header,
)
from netlang.backends.weights.signature import check_signature, digest_of

__all__ = ["TensorFile", "opened", "parsed_json", "read_small"]

_CHUNK = 1 << 20
_LARGEST_TEXT = 16 << 20


@final
class TensorFile:
    """An open file; `ValueError` and `OSError` say what is wrong with it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        size = os.fstat(file.fileno()).st_size
        start = file.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > size - 8:
            raise ValueError("it is cut off" if size else "it is empty")
        if length > LONGEST_HEADER:
            raise ValueError(f"its header has {length} bytes, {LONGEST_HEADER} are allowed")
        text = file.read(length)
        self._start = start + text
        self.header: Header = parse_header(text, size)
        self.entries: Mapping[str, Entry] = self.header.entries
        self._read: set[str] = set()

    def digest(self) -> str:
        """SHA-256 of the whole file."""
        return digest_of(chain([self._start], self._chunks()))

    def check_signature(self) -> None:
        """Raise `ValueError` where the file is one of ours and isn't what was written."""
        check_signature(self._start, self.header.metadata, self._chunks())

    def check_all_read(self) -> None:
        """Raise `ValueError` where there is more in the file than was read of it."""
        if left := self.entries.keys() - self._read:
            raise ValueError(f"it has `{min(left)[:60]}`")

    def _chunks(self) -> Iterator[bytes]:
        self._file.seek(len(self._start))
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def read(self, name: str) -> Tensor:
        """A tensor, on the CPU; raises `KeyError` where there is none of that name."""
        entry = self.entries[name]
        return self._filled(name, entry.begin, entry.shape)

    def rows(self, name: str, first: int, count: int) -> Tensor:
        """So many rows of a tensor of that name, on the CPU."""
        entry = self.entries[name]
        length, *others = entry.shape
        if first + count > length:
            raise ValueError(f"`{name[:60]}` has {length} rows")
        row = SIZES[entry.dtype] * prod(others)
        return self._filled(name, entry.begin + first * row, (count, *others))

    def _filled(self, name: str, begin: int, shape: tuple[int, ...]) -> Tensor:
        self._read.add(name)
        tensor = torch.empty(shape, dtype=DTYPES[self.entries[name].dtype])
        self._file.seek(begin)
        memory = tensor.reshape(-1).view(torch.uint8).numpy().data
        if self._file.readinto(memory) != len(memory):  # type: ignore[attr-defined]
            raise ValueError("it is cut off")
        return tensor


@contextmanager
def opened(path: Path) -> Iterator[TensorFile]:
    """A file of tensors; a link or a device in its place is refused."""
    with _plain(path) as file:
        yield TensorFile(file)


def read_small(path: Path) -> str:
    """The text of a file, where it is one of some megabytes at most."""
    with _plain(path) as file:
        content = file.read(_LARGEST_TEXT + 1)
    if len(content) > _LARGEST_TEXT:
        raise ValueError(f"it has more than {_LARGEST_TEXT} bytes")
    return content.decode("utf-8")


def parsed_json(text: str) -> object:
    """What a JSON text says; `ValueError` where it is none, or nested without end."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _plain(path: Path) -> IO[bytes]:
    # Opening a pipe would wait for its other end, so what it is is asked first.
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError("it is no plain file")
    return path.open("rb")
