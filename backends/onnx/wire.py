"""Writing a model file with its weights streamed in.

Protobuf's own serialiser copies every byte of the weights several times; here only the small parts
go through it, and the tensors are written from where they lie. A length-delimited field is a tag, a
length and the bytes (https://protobuf.dev/programming-guides/encoding/), and the fields of a
message may come in any order, so that the weights can follow the serialised graph.

A model above the 2 GiB that protobuf can read gets its weights as one external data file beside it.
Holds on exit: the file is there whole, or what was there before is untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from netlang.atomic import replacing
from netlang.backends.weights import Region

if TYPE_CHECKING:
    import numpy as np
    import onnx
    from numpy.typing import NDArray

__all__ = ["INLINE_LIMIT", "Tensor", "write_model"]

INLINE_LIMIT = 2**31 - 1
# Page size: the ONNX specification asks for it, so that a reader can map a tensor into memory.
ALIGNMENT = 4096
BUFFER = 256 * 1024
GRAPH, INITIALIZER, RAW_DATA = 7, 5, 9  # ModelProto.graph, GraphProto.initializer, TensorProto


@dataclass(frozen=True, slots=True)
class Tensor:
    """One weight of the file; `data` lie in another file or are made when they are written."""

    name: str
    data_type: int
    shape: tuple[int, ...]
    size: int
    data: Region | Callable[[], NDArray[np.generic]]


def write_model(
    path: Path, model: onnx.ModelProto, tensors: Sequence[Tensor], limit: int = INLINE_LIMIT
) -> tuple[Path, ...]:
    """Write `model` with `tensors` as initializers of its graph, after those that it has.

    Returns the files that were written beside `path`.
    """
    graph = model.graph.SerializeToString()
    shell = _shell(model)
    heads = [_inline_head(tensor) for tensor in tensors]
    length = len(graph) + sum(
        len(head) + tensor.size for head, tensor in zip(heads, tensors, strict=True)
    )
    if len(shell) + length > limit:
        return (_write_external(path, shell, graph, tensors),)
    with _replacing(path) as file, _Writer(file) as writer:
        file.write(shell + _tag(GRAPH) + _varint(length) + graph)
        for head, tensor in zip(heads, tensors, strict=True):
            file.write(head)
            writer.write(tensor)
    return ()


def _write_external(path: Path, shell: bytes, graph: bytes, tensors: Sequence[Tensor]) -> Path:
    data_path = path.with_name(f"{path.name}.data")
    with _replacing(data_path) as file, _Writer(file) as writer:
        heads = [_external_head(tensor, writer.align(tensor), data_path) for tensor in tensors]
    length = len(graph) + sum(map(len, heads))
    with _replacing(path) as file:
        file.write(shell + _tag(GRAPH) + _varint(length) + graph)
        file.writelines(heads)
    return data_path


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Inside, a file to fill that takes the place of `path`. It can be made again: no flush."""
    with replacing(path, flushed=False) as temporary, temporary.open("wb") as file:
        yield file


def _shell(model: onnx.ModelProto) -> bytes:
    """The model without its graph."""
    import onnx

    shell = onnx.ModelProto()
    shell.CopyFrom(model)
    shell.ClearField("graph")
    return bytes(shell.SerializeToString())


def _inline_head(tensor: Tensor) -> bytes:
    """Everything of the initializer field but the data, which end it."""
    head = bytes(_proto(tensor).SerializeToString()) + _tag(RAW_DATA) + _varint(tensor.size)
    return _tag(INITIALIZER) + _varint(len(head) + tensor.size) + head


def _external_head(tensor: Tensor, offset: int, data_path: Path) -> bytes:
    proto = _proto(tensor)
    proto.data_location = proto.EXTERNAL
    where = {"location": data_path.name, "offset": str(offset), "length": str(tensor.size)}
    for key, value in where.items():
        proto.external_data.add(key=key, value=value)
    head = bytes(proto.SerializeToString())
    return _tag(INITIALIZER) + _varint(len(head)) + head


def _proto(tensor: Tensor) -> onnx.TensorProto:
    import onnx

    return onnx.TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.shape)


def _tag(field: int) -> bytes:
    return _varint(field << 3 | 2)


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


class _Writer:
    """Appends the data of tensors to a file. Source files stay open, and one buffer serves all.

    A buffer that stays in the processor's cache makes copying as fast as writing from memory; a
    mapped file would cost a page fault for every page.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.sources: dict[Path, FileIO] = {}
        self.buffer = memoryview(bytearray(BUFFER))

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        for source in self.sources.values():
            source.close()

    def align(self, tensor: Tensor) -> int:
        """Append `tensor` at the next page; returns its offset."""
        self.file.write(bytes(-self.file.tell() % ALIGNMENT))
        offset = self.file.tell()
        self.write(tensor)
        return offset

    def write(self, tensor: Tensor) -> None:
        """Append the bytes of `tensor`."""
        import numpy as np

        if isinstance(tensor.data, Region):
            self._copy(tensor.data)
        elif tensor.size:
            data = np.ascontiguousarray(tensor.data())
            # Files are little-endian; so is every machine that PyTorch runs on.
            self.file.write(data.reshape(-1).view(np.uint8).data)

    def _copy(self, region: Region) -> None:
        if region.path not in self.sources:
            self.sources[region.path] = FileIO(region.path)
        source, left = self.sources[region.path], region.size
        source.seek(region.offset)
        while left:
            count = source.readinto(self.buffer[: min(left, BUFFER)])
            if not count:
                raise OSError(f"{region.path} was cut off while it was read")
            self.file.write(self.buffer[:count])
            left -= count
