"""Writes a model file, streaming in its weights.

Protobuf's serializer copies every byte of the weights several times. Here it handles only the small
parts; tensors are written directly from memory. The fields of a message may come in any order. So
the weights come first in the graph, and the other parts are made while these are written.

A model above protobuf's limit of 2 GiB gets its weights in one external data file beside it. On
exit, the files are complete; if writing fails, earlier files are untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.atomic import replacing
from netlang.backends.onnx.wire.fields import tag, varint
from netlang.backends.onnx.wire.gathered import gather_into
from netlang.backends.onnx.wire.tensor import (
    Tensor,
    aligned,
    data_of,
    external_heads,
    inline_heads,
)
from netlang.records import Record

if TYPE_CHECKING:
    import onnx

__all__ = ["INLINE_LIMIT", "write_model"]

INLINE_LIMIT = 2**31 - 1
# The number of a field of ModelProto.
GRAPH = 7
# Bytes that the rest of a model hardly ever takes.
_USUAL = 1 << 24


class _Rest(Record):
    """The graph without the weights, and the fields of the model after it."""

    graph: bytes
    back: bytes


class _MoreThanUsual(Exception):
    """The rest of the model takes more than `_USUAL`."""


class _Inline(Record):
    """A model with its weights in it, the `front` of which is known.

    `heads` stand before the data of each of the `tensors`; with these they take `length` bytes.
    """

    front: bytes
    tensors: Sequence[Tensor]
    heads: Sequence[bytes]
    length: int
    rest: Callable[[], _Rest]

    def start(self, graph: int) -> bytes:
        """What stands before the weights, if the rest of the graph takes so many bytes."""
        return self.front + tag(GRAPH) + varint(self.length + graph)

    def size(self) -> int:
        """The bytes of the file."""
        rest = self.rest()
        return len(self.start(len(rest.graph))) + self.length + len(rest.graph) + len(rest.back)

    def is_usual(self, limit: int) -> bool:
        """Whether the place of the weights doesn't depend on a rest of the usual size."""
        most = self.start(_USUAL)
        return len(most) == len(self.start(0)) and len(most) + self.length + _USUAL <= limit

    def write(self, file: Path, *, usual: bool) -> None:
        """Fill an empty file. A `usual` rest is made while the weights are written."""
        start = self.start(0 if usual else len(self.rest().graph))
        gather_into(file, self._parts(start), len(start) + self.length)
        if usual:
            rest = self.rest()
            if len(rest.graph) + len(rest.back) > _USUAL:
                raise _MoreThanUsual
            with file.open("r+b") as opened:
                opened.write(self.start(len(rest.graph)))

    def _parts(self, start: bytes) -> Iterator[bytes | memoryview]:
        yield start
        for head, tensor in zip(self.heads, self.tensors, strict=True):
            yield head
            yield from data_of(tensor)
        yield b""  # the rest takes a while
        rest = self.rest()
        yield from (rest.graph, rest.back)


def write_model(
    path: Path,
    front: onnx.ModelProto,
    model: Callable[[], onnx.ModelProto],
    tensors: Sequence[Tensor],
    limit: int = INLINE_LIMIT,
) -> tuple[Path, ...]:
    """Write the model that `model` makes, with `tensors` as further initializers of its graph.

    It has the fields of `front`, which come before the graph. Returns the files that were written
    beside `path`.
    """
    rest = cache(lambda: _rest(model(), front))
    about = tag(GRAPH) + varint(sum(tensor.size for tensor in tensors))
    opening = bytes(front.SerializeToString())
    heads = inline_heads(tensors, len(opening) + len(about))
    length = sum(map(len, heads)) + sum(tensor.size for tensor in tensors)
    inline = _Inline(opening, tensors, heads, length, rest)
    usual = inline.is_usual(limit)
    if not usual and inline.size() > limit:
        return (_write_external(path, opening, rest, tensors),)
    try:
        # The file can be made again: no flush.
        with replacing(path, flushed=False) as temporary:
            inline.write(temporary, usual=usual)
    except _MoreThanUsual:
        if inline.size() > limit:
            return (_write_external(path, opening, rest, tensors),)
        with replacing(path, flushed=False) as temporary:
            inline.write(temporary, usual=False)
    return ()


def _write_external(
    path: Path, front: bytes, rest: Callable[[], _Rest], tensors: Sequence[Tensor]
) -> Path:
    """Write both files, then move both into place."""
    data_path = path.with_name(f"{path.name}.data")
    heads, size = external_heads(tensors, data_path)
    with replacing(path, flushed=False) as model, replacing(data_path, flushed=False) as data:
        gather_into(data, aligned(tensors), size)
        made = rest()
        length = sum(map(len, heads)) + len(made.graph)
        gather_into(model, [front, tag(GRAPH), varint(length), *heads, made.graph, made.back])
    return data_path


def _rest(model: onnx.ModelProto, front: onnx.ModelProto) -> _Rest:
    """The parts of a model, which is empty afterwards."""
    graph = bytes(model.graph.SerializeToString())
    for field in ("graph", *(field.name for field, _ in front.ListFields())):
        model.ClearField(field)
    return _Rest(graph, bytes(model.SerializeToString()))
