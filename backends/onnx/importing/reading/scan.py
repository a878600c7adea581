"""Looks at the fields of an ONNX file before it is parsed.

A parsed message takes far more memory than the two bytes that an empty one has in a file. So the
fields of all messages are counted first, their sizes are held against the file's, and their depth
is limited. Names must be UTF-8, and the content of tensors is skipped. An ONNX file is a protobuf
message, in which a field is a tag and its content
(https://protobuf.dev/programming-guides/encoding/); the numbers of fields are those of
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

from collections.abc import Mapping
from mmap import mmap

__all__ = ["MOST_FIELDS", "number_at", "scan"]

MOST_FIELDS = 1_000_000
_DEEPEST = 40
_MOST_PACKED = 1 << 24
"""Bytes of whole numbers of a tensor that are packed: each is up to eight bytes in memory."""

_NUMBER, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_PACKED = {5, 7, 11}
_LEAF: Mapping[int, str] = {}
# The fields with text that is read, by message.
_TEXT: Mapping[str, set[int]] = {
    "graph": {2}, "node": {1, 2, 3, 4, 7}, "attribute": {1}, "tensor": {8}, "value": {1},
    "leaf": {1, 2},
}  # fmt: skip
# The messages in each message, by the numbers of their fields.
_INSIDE: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 8: "leaf", 14: "leaf", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 11: "value", 12: "value", 13: "value", 14: "quantized",
              15: "sparse", 16: "leaf"},
    "node": {5: "attribute", 9: "leaf"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 14: "type", 15: "type",
                  22: "sparse", 23: "sparse"},
    "tensor": {13: "leaf", 3: "leaf", 16: "leaf"},
    "sparse": {1: "tensor", 2: "tensor"},
    "value": {2: "type", 4: "leaf"},
    "type": {1: "tensor type", 4: "held type", 5: "map type", 8: "tensor type", 9: "held type"},
    "tensor type": {2: "shape"},
    "held type": {1: "type"},
    "map type": {2: "type"},
    "shape": {1: "leaf"},
    "function": {7: "node", 9: "leaf", 11: "attribute", 12: "value", 14: "leaf"},
    "training": {1: "graph", 2: "graph", 3: "leaf", 4: "leaf"},
    "quantized": {2: "leaf"},
    "leaf": _LEAF,
}  # fmt: skip


def scan(content: bytes | mmap) -> None:
    """Raises `ValueError` with a reason for what isn't ONNX, and for what is too much."""
    waiting = [(0, len(content), "model", 0)]
    fields = packed = 0
    while waiting:
        place, end, kind, depth = waiting.pop()
        inside = _INSIDE[kind]
        if depth > _DEEPEST:
            raise ValueError("its parts are nested too deep")
        while place < end:
            fields += 1
            if fields > MOST_FIELDS:
                raise ValueError(f"it has more than {MOST_FIELDS:,} parts")
            tag, place = number_at(content, place, end)
            form = tag & 7
            if form == _NUMBER:
                _, place = number_at(content, place, end)
            elif form == _BYTES:
                size, place = number_at(content, place, end)
                if tag >> 3 in inside:
                    waiting.append((place, place + size, inside[tag >> 3], depth + 1))
                elif tag >> 3 in _TEXT.get(kind, ()):
                    _require_text(content[place : place + size])
                packed += size if kind == "tensor" and tag >> 3 in _PACKED else 0
                place += size
            elif form in (_EIGHT_BYTES, _FOUR_BYTES):
                place += 8 if form == _EIGHT_BYTES else 4
            else:
                place = end + 1
            if place > end:
                raise ValueError("it isn't an ONNX file, or its end is missing")
    if packed > _MOST_PACKED:
        raise ValueError("it has too many numbers that aren't bytes")


def _require_text(content: bytes) -> None:
    try:
        content.decode()
    except UnicodeDecodeError:
        raise ValueError("a name in it isn't UTF-8") from None


def number_at(content: bytes | mmap, place: int, end: int) -> tuple[int, int]:
    """The number at a place, seven bits a byte with the lowest first, and the place after it."""
    found = shift = 0
    while place < end and shift < 70:
        byte = content[place]
        place += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found, place
        shift += 7
    return 0, end + 1
