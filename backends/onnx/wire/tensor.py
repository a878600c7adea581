"""Initializers: a head for each, after which its data follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.backends.onnx.wire.fields import number_tag, tag, varint
from netlang.diagnostics.errors import InternalError
from netlang.records import Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LARGE", "PHASES", "Tensor", "aligned", "data_of", "external_heads", "inline_heads"]

# Page size: the ONNX specification asks for it, so that a reader can map a tensor into memory.
ALIGNMENT = 4096
# Numbers of fields: of GraphProto, then of TensorProto.
INITIALIZER = 5
DIMS, DATA_TYPE, NAME, RAW_DATA, DOC_STRING = 1, 2, 8, 9, 12
_INITIALIZER, _NAME, _RAW = tag(INITIALIZER), tag(NAME), tag(RAW_DATA)
# A line of the processor's cache, and the bytes of a tensor from which on its place matters.
PHASES, LARGE = 64, 1 << 16


class Tensor(Record, eq=False):
    """One weight of the file, of `size` bytes.

    `data` makes or maps them when they are written, in one piece or several.

    `phase` is the place modulo `PHASES` that suits them in the file.
    """

    name: str
    data_type: int
    shape: tuple[int, ...]
    size: int
    data: Callable[[], Iterable[NDArray[np.generic]]]
    phase: int = 0


def data_of(tensor: Tensor) -> Iterator[memoryview]:
    """The bytes of a tensor. Files are little-endian, and so is every machine that runs PyTorch."""
    import numpy as np

    size = 0
    for piece in tensor.data():
        data = np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data
        size += len(data)
        yield data
    if size != tensor.size:
        raise InternalError(f"`{tensor.name}` has {size} bytes, not {tensor.size}")


def aligned(tensors: Iterable[Tensor]) -> Iterator[bytes | memoryview]:
    """The contents of a file of weights: each tensor begins on a page of its own."""
    for tensor in tensors:
        yield from data_of(tensor)
        if padding := _padding(tensor):  # an empty part would say that the next one takes a while
            yield bytes(padding)


def _padding(tensor: Tensor) -> int:
    """The number of bytes from the end of a tensor that starts a page to the next page."""
    return -tensor.size % ALIGNMENT


def inline_heads(tensors: Sequence[Tensor], place: int) -> list[bytes]:
    """The bytes before the data of each tensor; the first of them are byte `place` of the file.

    Large tensors get a comment of blanks that aligns their data in the file as in memory, modulo
    `PHASES`. This makes copying a sixth faster.
    """
    heads = []
    for tensor in tensors:
        size, described = tensor.size, _described(tensor)
        head = _inline_head(size, described)
        if size >= LARGE and (missing := (tensor.phase - place - len(head)) % PHASES):
            blanks = (missing - 2) % PHASES
            comment = tag(DOC_STRING) + varint(blanks) + b" " * blanks
            head = _inline_head(size, described + comment)
        heads.append(head)
        place += len(head) + size
    return heads


def _inline_head(size: int, described: bytes) -> bytes:
    """The initializer field up to its `size` bytes of data, which come last."""
    head = described + _RAW + varint(size)
    return _INITIALIZER + varint(len(head) + size) + head


def external_heads(tensors: Iterable[Tensor], data_path: Path) -> tuple[list[bytes], int]:
    """The initializers of tensors whose data are in another file, and the size of that."""
    heads, offset = [], 0
    for tensor in tensors:
        heads.append(_external_head(tensor, offset, data_path))
        offset += tensor.size + _padding(tensor)
    return heads, offset


def _external_head(tensor: Tensor, offset: int, data_path: Path) -> bytes:
    import onnx

    proto = onnx.TensorProto(data_location=onnx.TensorProto.EXTERNAL)
    where = {"location": data_path.name, "offset": str(offset), "length": str(tensor.size)}
    for key, value in where.items():
        proto.external_data.add(key=key, value=value)
    head = _described(tensor) + bytes(proto.SerializeToString())
    return tag(INITIALIZER) + varint(len(head)) + head


def _described(tensor: Tensor) -> bytes:
    """The fields of a tensor, except those that say where its data are."""
    name = tensor.name.encode()
    return _typed(tensor.data_type, tensor.shape) + _NAME + varint(len(name)) + name


@lru_cache(maxsize=1024)
def _typed(data_type: int, shape: tuple[int, ...]) -> bytes:
    """The fields `dims` and `data_type` of a tensor."""
    dims = (number_tag(DIMS) + varint(size) for size in shape)
    return b"".join((*dims, number_tag(DATA_TYPE), varint(data_type)))
