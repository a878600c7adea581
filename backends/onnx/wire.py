"""Writes a model file, streaming in its weights.

Protobuf's serializer copies every byte of the weights several times. Here it handles only the small
parts; tensors are written directly from memory. A length-delimited field is a tag, a length and the
bytes (https://protobuf.dev/programming-guides/encoding/), and the fields of a message may come in
any order, so the weights can follow the serialized graph.

A model above protobuf's limit of 2 GiB gets its weights in one external data file beside it. On
exit, the files are complete; if writing fails, earlier files are untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.atomic import gather_into, replacing
from netlang.diagnostics.errors import InternalError

if TYPE_CHECKING:
    import numpy as np
    import onnx
    from numpy.typing import NDArray

__all__ = ["INLINE_LIMIT", "LARGE", "PHASES", "Tensor", "write_model"]

INLINE_LIMIT = 2**31 - 1
# Page size: the ONNX specification asks for it, so that a reader can map a tensor into memory.
ALIGNMENT = 4096
# Numbers of fields: of ModelProto and GraphProto, then of TensorProto.
GRAPH, INITIALIZER = 7, 5
DIMS, DATA_TYPE, NAME, RAW_DATA, DOC_STRING = 1, 2, 8, 9, 12
# A line of the processor's cache, and the bytes of a tensor from which on its place matters.
PHASES, LARGE = 64, 1 << 16


@dataclass(frozen=True, slots=True)
class Tensor:
    """One weight of the file, of `size` bytes.

    `data` makes or maps them when they are written, in one piece or several.

    `phase` is their address in memory modulo `PHASES`.
    """

    name: str
    data_type: int
    shape: tuple[int, ...]
    size: int
    data: Callable[[], Iterable[NDArray[np.generic]]]
    phase: int = 0


def write_model(
    path: Path, model: onnx.ModelProto, tensors: Sequence[Tensor], limit: int = INLINE_LIMIT
) -> tuple[Path, ...]:
    """Write `model` with `tensors` as further initializers of its graph.

    Returns the files that were written beside `path`.
    """
    graph = model.graph.SerializeToString()
    shell = _shell(model)
    size = sum(tensor.size for tensor in tensors)
    about = _tag(GRAPH) + _varint(len(graph) + size)
    heads = _inline_heads(tensors, len(shell) + len(about) + len(graph))
    length = len(graph) + sum(map(len, heads)) + size
    if len(shell) + length > limit:
        return (_write_external(path, shell, graph, tensors),)
    start = shell + _tag(GRAPH) + _varint(length)
    # The file can be made again: no flush.
    with replacing(path, flushed=False) as temporary:
        parts = chain([start, graph], _inline(heads, tensors))
        gather_into(temporary, parts, len(start) + length)
    return ()


def _inline(heads: Iterable[bytes], tensors: Iterable[Tensor]) -> Iterator[bytes | memoryview]:
    for head, tensor in zip(heads, tensors, strict=True):
        yield head
        yield from _data(tensor)


def _write_external(path: Path, shell: bytes, graph: bytes, tensors: Sequence[Tensor]) -> Path:
    """Write both files, then move both into place."""
    data_path = path.with_name(f"{path.name}.data")
    heads, offset = [], 0
    for tensor in tensors:
        heads.append(_external_head(tensor, offset, data_path))
        offset += tensor.size + _padding(tensor)
    length = len(graph) + sum(map(len, heads))
    with replacing(path, flushed=False) as model, replacing(data_path, flushed=False) as data:
        gather_into(data, _aligned(tensors), offset)
        gather_into(model, [shell + _tag(GRAPH) + _varint(length) + graph, *heads])
    return data_path


def _aligned(tensors: Iterable[Tensor]) -> Iterator[bytes | memoryview]:
    for tensor in tensors:
        yield from _data(tensor)
        yield bytes(_padding(tensor))


def _padding(tensor: Tensor) -> int:
    """The number of bytes from the end of a tensor that starts a page to the next page."""
    return -tensor.size % ALIGNMENT


def _data(tensor: Tensor) -> Iterator[memoryview]:
    """The bytes of a tensor. Files are little-endian, and so is every machine that runs PyTorch."""
    import numpy as np

    size = 0
    for piece in tensor.data():
        data = np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data
        size += len(data)
        yield data
    if size != tensor.size:
        raise InternalError(f"`{tensor.name}` has {size} bytes, not {tensor.size}")


def _shell(model: onnx.ModelProto) -> bytes:
    """The serialized model without its graph."""
    import onnx

    shell = onnx.ModelProto()
    shell.CopyFrom(model)
    shell.ClearField("graph")
    return bytes(shell.SerializeToString())


def _inline_heads(tensors: Sequence[Tensor], place: int) -> list[bytes]:
    """The bytes before the data of each tensor, the first of which start at about byte `place`.

    Large tensors get a comment of blanks that aligns their data in the file as in memory, modulo
    `PHASES`. This makes copying a sixth faster.
    """
    heads = []
    for tensor in tensors:
        head = _inline_head(tensor, _described(tensor))
        missing = (tensor.phase - place - len(head)) % PHASES
        if missing and tensor.size >= LARGE:
            blanks = (missing - 2) % PHASES
            comment = _tag(DOC_STRING) + _varint(blanks) + b" " * blanks
            head = _inline_head(tensor, _described(tensor) + comment)
        heads.append(head)
        place += len(head) + tensor.size
    return heads


def _inline_head(tensor: Tensor, described: bytes) -> bytes:
    """The initializer field up to its data, which come last."""
    head = b"".join((described, _tag(RAW_DATA), _varint(tensor.size)))
    return b"".join((_tag(INITIALIZER), _varint(len(head) + tensor.size), head))


def _external_head(tensor: Tensor, offset: int, data_path: Path) -> bytes:
    import onnx

    proto = onnx.TensorProto(data_location=onnx.TensorProto.EXTERNAL)
    where = {"location": data_path.name, "offset": str(offset), "length": str(tensor.size)}
    for key, value in where.items():
        proto.external_data.add(key=key, value=value)
    head = _described(tensor) + bytes(proto.SerializeToString())
    return _tag(INITIALIZER) + _varint(len(head)) + head


def _described(tensor: Tensor) -> bytes:
    """The fields of a tensor, except those that say where its data are."""
    name = tensor.name.encode()
    kind = _typed(tensor.data_type, tensor.shape)
    return b"".join((kind, _tag(NAME), _varint(len(name)), name))


@lru_cache(maxsize=1024)
def _typed(data_type: int, shape: tuple[int, ...]) -> bytes:
    """The fields `dims` and `data_type` of a tensor."""
    dims = (_number(DIMS) + _varint(size) for size in shape)
    return b"".join((*dims, _number(DATA_TYPE), _varint(data_type)))


@cache
def _tag(field: int) -> bytes:
    """The tag of a length-delimited field."""
    return _varint(field << 3 | 2)


@cache
def _number(field: int) -> bytes:
    """The tag of a number field."""
    return _varint(field << 3)


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
