"""The tensors of a program: bytes of records, as the sizes and strides in its tables say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, final

import torch
from torch import Tensor

from netlang.backends.torch.importing.programs.archive import ProgramArchive, not_taken
from netlang.records import Draft, field

__all__ = ["ELEMENT_TYPES", "StoredTensors", "type_numbered"]

# torch/_export/serde/schema.py, `ScalarType`.
ELEMENT_TYPES: Mapping[int, torch.dtype] = {
    1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64,
    6: torch.float16, 7: torch.float32, 8: torch.float64, 12: torch.bool, 13: torch.bfloat16,
}  # fmt: skip
_FOLDERS = ("weights", "constants")
_MOST_AXES = 8
# A tensor may repeat its numbers (`expand`), but not so often that it fills the memory.
_FEW, _MOST_COPIED = 1 << 20, 1 << 24


def type_numbered(number: object) -> torch.dtype:
    """The type of elements with a number of PyTorch's. Raises `ValueError`."""
    found = ELEMENT_TYPES.get(number) if isinstance(number, int) else None
    if found is None:
        raise ValueError("it has numbers of a type that no spec has")
    return found


@final
class StoredTensors(Draft, eq=False):
    """The tensors of an archive by key. Those that lie in one record share its memory."""

    archive: ProgramArchive
    tensors: dict[str, Tensor] = field(default_factory=dict)
    copied: int = 0
    records: dict[tuple[str, str, torch.dtype], Tensor] = field(default_factory=dict)

    def read(self, program: str) -> Mapping[str, Tensor]:
        """All of them. Raises `ValueError` for tables that don't fit the records."""
        for folder in _FOLDERS:
            table = self.archive.json(f"data/{folder}/{program}_{folder}_config.json")["config"]
            for key, entry in table.items():
                if entry["use_pickle"]:
                    reason = f"its tensor `{key[:100]}` is a pickle, which could run any code"
                    raise not_taken(self.archive.path, reason, "save plain tensors alone")
                if key in self.tensors:
                    raise ValueError(f"it has two tensors `{key[:100]}`")
                self.tensors[key] = self._tensor(folder, entry)
        return self.tensors

    def _tensor(self, folder: str, entry: Mapping[str, Any]) -> Tensor:
        about = entry["tensor_meta"]
        sizes = [_number(each) for each in about["sizes"]]
        strides = [_number(each) for each in about["strides"]]
        offset, dtype = _number(about["storage_offset"]), type_numbered(about["dtype"])
        flat = self._flat(folder, entry["path_name"], dtype)
        if len(sizes) != len(strides) or len(sizes) > _MOST_AXES:
            raise ValueError("a tensor of it has other strides than sizes")
        count = prod(sizes)
        last = offset + sum(
            (size - 1) * stride for size, stride in zip(sizes, strides, strict=True)
        )
        if count and last >= flat.numel():
            raise ValueError("a record ends before the tensor that lies in it")
        if count > max(flat.numel(), _FEW):
            raise ValueError("a tensor of it has more numbers than its record")
        if not count:
            return flat.new_empty(sizes)
        found = flat.as_strided(sizes, strides, offset)
        if not _overlaps(sizes, strides):
            return found
        self.copied += count
        if self.copied > _MOST_COPIED:
            raise ValueError("its tensors repeat their own numbers too often")
        return found.clone()

    def _flat(self, folder: str, name: str, dtype: torch.dtype) -> Tensor:
        """The numbers of a record in a row."""
        place = folder, name, dtype
        if place not in self.records:
            content = bytearray(self.archive.stored(f"data/{folder}", name))
            if len(content) % dtype.itemsize:
                raise ValueError("a record of it holds no whole number of elements")
            empty = torch.empty(0, dtype=dtype)
            self.records[place] = torch.frombuffer(content, dtype=dtype) if content else empty
        return self.records[place]


def _overlaps(sizes: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether elements of a tensor may lie in one place, so that nothing can be written to it."""
    reached = 0
    for stride, size in sorted(zip(strides, sizes, strict=True)):
        if size > 1 and stride <= reached:
            return True
        reached += (size - 1) * stride
    return False


def _number(held: Mapping[str, Any]) -> int:
    """A size or stride, which is a number of a tensor that is stored."""
    found = held["as_int"]
    if type(found) is not int or not 0 <= found < 1 << 48:
        raise ValueError("a tensor of it has a size that no tensor has")
    return found
