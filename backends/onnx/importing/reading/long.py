"""The long tensors of a model, which are held beside it: where they lie in a file, if they can be.

A message holds a copy of what it was parsed from. So a long tensor of the graph has a number in
place of its data, and the tensor itself shows memory that is mapped from the file. What is written
there stays in this process.
"""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path
from typing import final

import numpy as np
import torch
from onnx import ModelProto, TensorProto
from torch import Tensor

from netlang.backends.onnx.importing.tensors import (
    dtype_of,
    size_of,
    tensor_of,
    with_numbers,
)
from netlang.backends.weights.mapped import MappedFile
from netlang.records import Draft, Record, field

__all__ = ["LONG", "Data", "LongTensors", "ReadModel", "is_held", "put_inside"]

LONG = 1 << 16
"""Bytes of a tensor from which on it is held beside the model."""
_NUMBER = "number"
# What else than bytes says the data of a tensor, or where they are.
_OTHER_DATA = {
    "segment", "float_data", "double_data", "int32_data", "int64_data", "uint64_data",
    "string_data",
}  # fmt: skip
_MOST_FILES = 128
"""Files that are mapped: each one is open as long as that, and macOS lets a process have 256."""


@final
class Data(Record, eq=False):
    """Where the data of a tensor lie in a file."""

    file: MappedFile
    begin: int
    end: int

    def tensor(self, stored: TensorProto, *, copied: bool) -> Tensor:
        """The tensor of the type and shape of `stored`.

        It is a copy, too, if its numbers aren't at places from which a processor reads such ones.
        """
        size, dtype = self.end - self.begin, dtype_of(stored.data_type)
        data = self.file.array(np.dtype(np.uint8), (size,), self.begin, self.end)
        numbers = torch.from_numpy(data)
        if copied or numbers.data_ptr() % dtype.itemsize:
            numbers = numbers.clone()
        return numbers.view(dtype).reshape(tuple(stored.dims))


@final
class LongTensors(Draft, eq=False):
    """Tensors by the numbers that stand for them, and the files that are mapped, by their paths.

    `taken` are the places in each file that a tensor shows, in order.
    """

    tensors: list[Tensor] = field(default_factory=list)
    files: dict[Path, MappedFile] = field(default_factory=dict)
    taken: dict[MappedFile, list[tuple[int, int]]] = field(default_factory=dict)

    def of(self, stored: TensorProto) -> Tensor:
        """A tensor of the graph, whether the model has it or a number for it."""
        if not is_held(stored):
            return tensor_of(stored)
        return self.tensors[int(stored.external_data[0].value)]

    def put(self, stored: TensorProto, tensor: Tensor) -> None:
        """Hold a tensor beside the model, where `stored` stands for it."""
        stored.ClearField("raw_data")
        stored.ClearField("external_data")
        stored.data_location = TensorProto.EXTERNAL
        stored.external_data.add(key=_NUMBER, value=str(len(self.tensors)))
        self.tensors.append(tensor)

    def put_from(self, stored: TensorProto, data: Data) -> None:
        """As `put`; where the data don't fit what `stored` says, they are put into the model."""
        others = {each.name for each, _ in stored.ListFields()} & _OTHER_DATA
        if others or _size(stored) != data.end - data.begin:
            put_inside(stored, data.file.bytes[data.begin : data.end])
        else:
            self.put(stored, data.tensor(stored, copied=not self._takes(data)))

    def _takes(self, data: Data) -> bool:
        """Take a place, unless another tensor shows a part of it: writing into one changes both."""
        taken = self.taken.setdefault(data.file, [])
        at = bisect_left(taken, (data.begin, data.end))
        before = taken[at - 1][1] if at else 0
        after = taken[at][0] if at < len(taken) else data.end
        is_free = before <= data.begin and data.end <= after
        if is_free:
            taken.insert(at, (data.begin, data.end))
        return is_free

    def named(self, name: str, tensor: Tensor) -> TensorProto:
        """A tensor for the model, which is held beside it if it is long."""
        if tensor.nbytes < LONG:
            return with_numbers(name, tensor)
        made = with_numbers(name, tensor[:0])
        del made.dims[:]
        made.dims.extend(tensor.shape)
        self.put(made, tensor)
        return made

    def mapped(self, path: Path) -> MappedFile | None:
        """A file, mapped once; None if too many are. Raises as `MappedFile` does."""
        if path not in self.files and len(self.files) < _MOST_FILES:
            self.files[path] = MappedFile(path, private=True)
        return self.files.get(path)

    def require_whole(self) -> None:
        """Raise `OSError` if a file has become shorter since it was opened."""
        for file in self.files.values():
            file.require_whole()


@final
class ReadModel(Record, eq=False):
    """A model, and those of its tensors that it has numbers for."""

    model: ModelProto
    long: LongTensors


def put_inside(stored: TensorProto, content: bytes) -> None:
    """Put the bytes of a tensor into the model, wherever they were."""
    stored.raw_data = content
    stored.data_location = TensorProto.DEFAULT
    del stored.external_data[:]


def is_held(stored: TensorProto) -> bool:
    """Whether a tensor of the graph of a model that was read is held beside it."""
    return bool(stored.data_location == TensorProto.EXTERNAL)


def _size(stored: TensorProto) -> int | None:
    """The bytes of a tensor; None if it is of a type that isn't read, or can't be."""
    try:
        return size_of(stored)
    except ValueError:
        return None
