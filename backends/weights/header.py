"""Reads the header of an untrusted safetensors file.

Eight bytes give the length of a JSON object, which gives each tensor's type, shape and byte range
(github.com/huggingface/safetensors). On exit, the ranges are consecutive, without gap or overlap,
and fit the shapes; names and metadata are texts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from operator import attrgetter
from typing import Annotated, NamedTuple, TypeAlias, final

from msgspec import Meta, MsgspecError, Raw
from msgspec.json import Decoder

from netlang.records import Record

__all__ = [
    "LONGEST_HEADER", "METADATA", "SIZES", "Header", "TensorEntry", "parse_header", "read_start",
]  # fmt: skip

METADATA = "__metadata__"
LONGEST_HEADER = 4 << 20
"""Bytes, for some 40,000 tensors. Parsing takes a multiple of it in memory in any case."""
_LONGEST_SHAPE = 64
_MOST_ELEMENTS, _INT64_END = 1 << 60, 1 << 63
_FIELDS = {"dtype", "shape", "data_offsets"}

SIZES: Mapping[str, int] = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2,
    "U16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip
"""Bytes of an element by the format's names of types."""


_Natural: TypeAlias = Annotated[int, Meta(ge=0, le=_INT64_END - 1)]


@final
class _Described(Record, forbid_unknown_fields=True, gc=False):
    """What the header says of a tensor."""

    dtype: str
    shape: Annotated[tuple[_Natural, ...], Meta(max_length=_LONGEST_SHAPE)]
    data_offsets: tuple[_Natural, _Natural]


@final
class TensorEntry(NamedTuple):
    """A tensor in a file: `begin` and `end` count from the start of the file."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@final
@dataclass(frozen=True)
class Header:
    """The contents of a file according to its header."""

    entries: Mapping[str, TensorEntry]
    metadata: Mapping[str, str]


def read_start(read: Callable[[int], bytes], size: int) -> bytes:
    """The bytes of a file of `size` bytes up to the end of its header.

    `read` returns the next bytes of the file, from its start on, at most so many. `ValueError` says
    what is wrong.
    """
    length = read(8)
    count = int.from_bytes(length, "little")
    if len(length) < 8 or count > size - 8:
        raise ValueError("it is cut off" if size else "it is empty")
    if count > LONGEST_HEADER:
        raise ValueError(f"its header has {count:,} bytes, {LONGEST_HEADER:,} are allowed")
    return length + read(count)


def parse_header(start: bytes, size: int) -> Header:
    """The header at the start of a file of `size` bytes. `ValueError` says what is wrong."""
    text, end = start[8:], len(start)
    described, metadata = _usual(text) or _unusual(text)
    entries = {name: _entry(name, each, end) for name, each in described.items()}
    _check_ranges(entries, end, size)
    return Header(entries, metadata)


_PARTS, _TEXTS, _PART = Decoder(dict[str, Raw]), Decoder(dict[str, str]), Decoder(_Described)


def _usual(text: bytes) -> tuple[dict[str, _Described], dict[str, str]] | None:
    """What a header says, several times as fast as `_unusual`; None if that must look at it."""
    try:
        parts = _PARTS.decode(text)
        told = parts.pop(METADATA, None)
        metadata = {} if told is None else _TEXTS.decode(told)
        described = {name: _PART.decode(part) for name, part in parts.items()}
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    # A name, three fields and a type for each tensor: another string is of something said twice.
    strings = 5 * len(described) + 2 * len(metadata) + (told is not None)
    return None if b"\\" in text or text.count(b'"') != 2 * strings else (described, metadata)


def _unusual(text: bytes) -> tuple[dict[str, _Described], dict[str, str]]:
    """What a header says. `ValueError` says what is wrong with it."""
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("its header is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("its header isn't a table")
    metadata = found.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError("its metadata aren't texts")
    return {name: _described(name, entry) for name, entry in found.items()}, metadata


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("its header says something twice")
    return found


def _described(name: str, found: object) -> _Described:
    if not isinstance(found, dict) or found.keys() != _FIELDS:
        raise ValueError(f"the header doesn't describe `{_short(name)}`")
    dtype, shape, offsets = found["dtype"], found["shape"], found["data_offsets"]
    if type(dtype) is not str:
        raise ValueError(f"the type of `{_short(name)}` isn't a text")
    if not _naturals(shape) or len(shape) > _LONGEST_SHAPE:
        raise ValueError(f"the shape of `{_short(name)}` isn't one")
    if not _naturals(offsets) or len(offsets) != 2:
        raise ValueError(f"`{_short(name)}` has no range of bytes")
    return _Described(dtype, tuple(shape), (offsets[0], offsets[1]))


def _entry(name: str, described: _Described, start: int) -> TensorEntry:
    dtype, shape, (begin, end) = described.dtype, described.shape, described.data_offsets
    width = SIZES.get(dtype)
    if width is None:
        raise ValueError(f"the type of `{_short(name)}` is unknown")
    count = prod(shape)
    if end - begin != count * width:
        raise ValueError(f"`{_short(name)}` has not as many bytes as its shape wants")
    if (count or prod(size or 1 for size in shape)) >= _MOST_ELEMENTS:
        # An array counts the bytes of an empty tensor by its other sizes.
        raise ValueError(f"the shape of `{_short(name)}` isn't one")
    return TensorEntry(dtype, shape, start + begin, start + end)


def _naturals(found: object) -> bool:
    """Whether a value is a list of whole numbers from 0 to the most that a file can have."""
    if type(found) is not list:
        return False
    for number in found:  # noqa: SIM110  # twice as fast as `all`, for a header of many tensors
        if type(number) is not int or not 0 <= number < _INT64_END:
            return False
    return True


def _check_ranges(entries: Mapping[str, TensorEntry], start: int, size: int) -> None:
    reached = start
    for entry in sorted(entries.values(), key=attrgetter("begin", "end")):
        if entry.begin != reached:
            raise ValueError("its tensors overlap or leave gaps")
        reached = entry.end
    if reached != size:
        raise ValueError(f"it has {size} bytes, its header wants {reached}")


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}..."
