"""Writes weights as a safetensors file, tensor by tensor, with numpy alone.

Tensors that are mapped from another file aren't held in memory. Equal contents give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from netlang.atomic import replacing, write_all
from netlang.backends.weights.files import TYPES
from netlang.backends.weights.header import LONGEST_HEADER, METADATA
from netlang.backends.weights.signature import DIGEST, FACTS, NO_DIGEST, signed
from netlang.backends.weights.stored import Stored
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.folder import TooManyTensors

__all__ = ["write_safetensors"]

_NAMES = {dtype.value: name for name, dtype in TYPES.items()}


def write_safetensors(
    path: Path, tensors: Mapping[str, Stored], metadata: Mapping[str, str]
) -> None:
    """Write a file atomically; one with facts of a run is signed, as a run's own are.

    Raises `NetlangError` if its header would be longer than readers accept, and `OSError`.
    """
    ordered = dict(sorted(tensors.items(), key=lambda item: (-item[1].data.itemsize, item[0])))
    told = {name: text for name, text in metadata.items() if name != DIGEST}
    if FACTS in told:
        told[DIGEST] = NO_DIGEST
    start = _start(ordered, told)
    if FACTS in told:
        start = signed(start, _parts(ordered))
    with replacing(path) as temporary:
        write_all(temporary, _with(start, _parts(ordered)))


def _with(start: bytes, parts: Iterator[memoryview]) -> Iterator[bytes | memoryview]:
    yield start
    yield from parts


def _parts(tensors: Mapping[str, Stored]) -> Iterator[memoryview]:
    """The bytes of each tensor in turn. `OSError` if its file became shorter."""
    import numpy as np

    for each in tensors.values():
        if each.file is not None:
            each.file.about_to_read(each.data.nbytes, each.begin)
        yield np.ascontiguousarray(each.data).reshape(-1).view(np.uint8).data


def _start(tensors: Mapping[str, Stored], metadata: Mapping[str, str]) -> bytes:
    """The bytes before the data."""
    header: dict[str, object] = {METADATA: dict(sorted(metadata.items()))} if metadata else {}
    begin = 0
    for key, each in tensors.items():
        end = begin + each.data.nbytes
        dtype = _NAMES.get(each.type_name, each.type_name)
        header[key] = {"dtype": dtype, "shape": list(each.shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > LONGEST_HEADER:
        raise NetlangError(
            TooManyTensors(span=None, tensors=len(tensors), size=len(text), limit=LONGEST_HEADER)
        )
    return len(text).to_bytes(8, "little") + text
