"""Protobuf's encoding: a field is its tag and a number, or its tag, a length and that many bytes.

See https://protobuf.dev/programming-guides/encoding/. The fields of a message may come in any
order.
"""

from __future__ import annotations

from functools import cache

__all__ = ["number_tag", "tag", "varint"]

_SHORT = tuple(bytes([value]) for value in range(0x80))


@cache
def tag(field: int) -> bytes:
    """The tag of a length-delimited field."""
    return varint(field << 3 | 2)


@cache
def number_tag(field: int) -> bytes:
    """The tag of a number field."""
    return varint(field << 3)


def varint(value: int) -> bytes:
    """A number in groups of seven bits, the lowest first."""
    if value <= 0x7F:
        return _SHORT[value]
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
