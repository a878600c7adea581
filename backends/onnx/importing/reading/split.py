"""Takes the data of long tensors out of the bytes of a model, before these are parsed.

On entry, `scan` has found the fields of all messages within their bounds. The numbers of fields are
those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap
from typing import final

from netlang.backends.onnx.importing.reading.scan import number_at
from netlang.backends.onnx.wire.fields import tag, varint
from netlang.backends.onnx.wire.tensor import INITIALIZER, RAW_DATA
from netlang.records import Record

__all__ = ["Place", "without_long"]

_GRAPH = 7
_NUMBER, _EIGHT_BYTES, _BYTES = 0, 1, 2


@final
class Place(Record, gc=False):
    """Where data lie in a file."""

    begin: int
    end: int


@final
class _Field(Record, gc=False):
    """A field of a message: where its tag, its content, and the next field begin."""

    number: int
    start: int
    content: int
    end: int


def without_long(content: mmap, least: int) -> tuple[bytes, dict[int, Place]]:
    """A model without the data of tensors of its graph that have at least so many bytes.

    And where these are, by the number of the tensor. A tensor whose data stand twice keeps them.
    """
    parts, places, count = list[bytes](), dict[int, Place](), 0
    for each in _fields(content, 0, len(content)):
        if each.number != _GRAPH:
            parts.append(content[each.start : each.end])
            continue
        inner = list[bytes]()
        for part in _fields(content, each.content, each.end):
            if part.number != INITIALIZER:
                inner.append(content[part.start : part.end])
                continue
            data = [f for f in _fields(content, part.content, part.end) if f.number == RAW_DATA]
            if len(data) == 1 and data[0].end - data[0].content >= least:
                places[count] = Place(data[0].content, data[0].end)
                head = content[part.content : data[0].start] + content[data[0].end : part.end]
                inner += [tag(INITIALIZER), varint(len(head)), head]
            else:
                inner.append(content[part.start : part.end])
            count += 1
        parts += [tag(_GRAPH), varint(sum(map(len, inner))), *inner]
    return b"".join(parts), places


def _fields(content: mmap, place: int, end: int) -> Iterator[_Field]:
    """The fields of a message in order; one that is no bytes has the number 0."""
    while place < end:
        start = place
        number, place = number_at(content, place, end)
        form = number & 7
        if form == _BYTES:
            size, first = number_at(content, place, end)
            place = first + size
            yield _Field(number >> 3, start, first, place)
        elif form == _NUMBER:
            _, place = number_at(content, place, end)
            yield _Field(0, start, start, place)
        else:
            place += 8 if form == _EIGHT_BYTES else 4
            yield _Field(0, start, start, place)
