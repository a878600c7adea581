"""The spec in the metadata of an ONNX file that netlang wrote.

Of the file only its outermost fields are read, without the packages that run it: everything else,
such as gigabytes of weights, is skipped. An ONNX file is a protobuf message, in which a field is a
tag and its content (https://protobuf.dev/programming-guides/encoding/).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import FileNotFound, FileUnreadable, NoSpecInModel
from netlang.modules.files import of_content
from netlang.regular import opened
from netlang.source import Source
from netlang.syntax.limits import MAX_CHARACTERS

__all__ = ["KEY", "spec_in_model"]

KEY = "netlang.expanded"
"""The entry with the net written out, as `netlang expand` does."""

# Numbers of fields: of ModelProto, and of StringStringEntryProto.
_METADATA, _NAME, _VALUE = 14, 1, 2
# What the content of a field is, by the lowest three bits of its tag.
_NUMBER, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
# Of a model; of an entry.
_MOST_FIELDS, _MOST_PARTS = 100_000, 8
_LONGEST_NUMBER = 10


def spec_in_model(path: Path, shown: str | None = None) -> Source:
    """The text of the net in an `.onnx` file, called `shown` in messages. Raises `NetlangError`."""
    shown = shown or str(path)
    try:
        with opened(path) as file:
            content = _entry(file)
    except FileNotFoundError:
        advice = "`netlang compile SPEC -o FILE.onnx` writes one"
        raise NetlangError(FileNotFound(span=None, path=shown, advice=advice)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NetlangError(FileUnreadable(span=None, path=shown, reason=reason)) from None
    if content is None:
        net = f"{Path(shown).stem}.net"
        raise NetlangError(NoSpecInModel(span=None, path=shown, net=net))
    return of_content(content, shown)


def _entry(file: BinaryIO) -> bytes | None:
    """The value under `KEY`; None if there is no such entry."""
    end = file.seek(0, 2)
    for field, place, size in _fields(file, 0, end, _MOST_FIELDS):
        if field == _METADATA and size <= MAX_CHARACTERS + 100:
            found = dict[int, bytes]()
            for part, start, length in _fields(file, place, place + size, _MOST_PARTS):
                file.seek(start)
                found[part] = file.read(length)
            if found.get(_NAME) == KEY.encode():
                return found.get(_VALUE, b"")
    return None


def _fields(file: BinaryIO, place: int, end: int, most: int) -> Iterator[tuple[int, int, int]]:
    """Number, place and size of each field with bytes between two places.

    Raises `ValueError` if there are no such fields, or more than `most`.
    """
    for _ in range(most + 1):
        if place == end:
            return
        file.seek(place)
        tag, size = _number(file), 0
        kind = tag & 7
        if kind == _NUMBER:
            _number(file)
        elif kind == _BYTES:
            size = _number(file)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            break
        start = file.tell()
        place = start + size
        if place > end:
            break
        if kind == _BYTES:
            yield tag >> 3, start, size
    raise ValueError("it isn't an ONNX file")


def _number(file: BinaryIO) -> int:
    """The number at the place of the file: seven bits a byte, the lowest first."""
    found = 0
    for place in range(_LONGEST_NUMBER):
        byte = file.read(1)
        if not byte:
            break
        found |= (byte[0] & 0x7F) << 7 * place
        if byte[0] < 0x80:
            return found
    raise ValueError("it isn't an ONNX file")
