"""The long tensors of a model, which are held beside it: where they lie in a file, if they can be.

A message holds a copy of what it was parsed from. So a long tensor of the graph has a number in
place of its data, and the tensor itself shows memory that is mapped from the file. What is written
there stays in this process.
"""

from __future__ import annotations

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

__all__ = ["LONG", "Data", "LongTensors", "ReadModel", "is_held"]

LONG = 1 << 16
"""Bytes of a tensor from which on it is held beside the model."""
_NUMBER = "number"
_DATA = ("raw_data", "float_data", "double_data", "int32_data", "int64_data", "external_data")
_MOST_FILES = 256
"""Files that are mapped: each one is open as long as that."""


@final
class Data(Record, eq=False):
    """Where the data of a tensor lie in a file."""

    file: MappedFile
    begin: int
    end: int

    def tensor(self, stored: TensorProto) -> Tensor:
        """The tensor of the type and shape of `stored`.

        It is a copy if its numbers aren't at places from which a processor reads such ones.
        """
        size, dtype = self.end - self.begin, dtype_of(stored.data_type)
        data = self.file.array(np.dtype(np.uint8), (size,), self.begin, self.end)
        numbers = torch.from_numpy(data)
        if numbers.data_ptr() % dtype.itemsize:
            numbers = numbers.clone()
        return numbers.view(dtype).reshape(tuple(stored.dims))


@final
class LongTensors(Draft, eq=False):
    """Tensors by the numbers that stand for them, and the files that are mapped, by their paths."""

    tensors: list[Tensor] = field(default_factory=list)
    files: dict[Path, MappedFile] = field(default_factory=dict)

    def of(self, stored: TensorProto) -> Tensor:
        """A tensor of the graph, whether the model has it or a number for it."""
        if not is_held(stored):
            return tensor_of(stored)
        return self.tensors[int(stored.external_data[0].value)]

    def put(self, stored: TensorProto, tensor: Tensor) -> None:
        """Hold a tensor beside the model, where `stored` stands for it."""
        for name in _DATA:
            stored.ClearField(name)
        stored.data_location = TensorProto.EXTERNAL
        stored.external_data.add(key=_NUMBER, value=str(len(self.tensors)))
        self.tensors.append(tensor)

    def put_from(self, stored: TensorProto, data: Data) -> None:
        """As `put`; where the data don't fit what `stored` says, they stay in the model."""
        if _size(stored) == data.end - data.begin:
            self.put(stored, data.tensor(stored))
        else:
            stored.raw_data = data.file.bytes[data.begin : data.end]

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


def is_held(stored: TensorProto) -> bool:
    """Whether a tensor of the graph of a model that was read is held beside it."""
    return bool(stored.data_location == TensorProto.EXTERNAL)


def _size(stored: TensorProto) -> int | None:
    """The bytes of a tensor; None if it is of a type that isn't read, or can't be."""
    try:
        return size_of(stored)
    except ValueError:
        return None
