"""Encodes tensors and facts as a safetensors file, which any reader of the format opens.

Equal contents give equal bytes, so a digest shows whether a file is what was written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import prod
from typing import TypeVar

import torch
from torch import Tensor

from netlang.backends.torch.train.processes.rows import Kept, own_of, shape_of
from netlang.backends.weights.header import LONGEST_HEADER, METADATA, SIZES
from netlang.backends.weights.signature import DIGEST, NO_DIGEST, signed
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.folder import TooManyTensors

__all__ = [
    "DTYPES", "encode", "encode_signed", "encoded", "header_of", "header_size", "in_order",
    "require_short",
]  # fmt: skip

DTYPES: Mapping[str, torch.dtype] = {
    "F64": torch.float64, "I64": torch.int64, "U64": torch.uint64, "F32": torch.float32,
    "I32": torch.int32, "U32": torch.uint32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I16": torch.int16, "U16": torch.uint16, "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip
_NAMES = {dtype: name for name, dtype in DTYPES.items()}


def encode(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> list[memoryview]:
    """The bytes of a file in parts; tensors on the CPU are views of their memory, not copies."""
    return list(encoded(tensors, metadata))


def encoded(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> Iterator[memoryview]:
    """As `encode`, one part after the other: copies of what isn't contiguous don't stay."""
    ordered = in_order(tensors)
    yield header_of(ordered, metadata)
    yield from map(_bytes, ordered.values())


K = TypeVar("K", bound=Kept)


def in_order(tensors: Mapping[str, K]) -> dict[str, K]:
    """Tensors in the order in which they are stored in a file."""
    # Large elements first keeps every tensor aligned, as the format's own library has it.
    names = sorted(tensors, key=lambda name: (-own_of(tensors[name]).element_size(), name))
    return {name: tensors[name] for name in names}


def header_of(ordered: Mapping[str, Kept], metadata: Mapping[str, str]) -> memoryview:
    """The bytes of a file before the tensor data.

    Raises `NetlangError` if there are more than readers accept.
    """
    text = _header_text(ordered, metadata)
    require_short(len(text), len(ordered))
    return memoryview(len(text).to_bytes(8, "little") + text)


def header_size(ordered: Mapping[str, Kept], metadata: Mapping[str, str]) -> int:
    """How many bytes a reader counts as the header."""
    return len(_header_text(ordered, metadata))


def require_short(size: int, tensors: int) -> None:
    """Raise `NetlangError` where a header of `size` bytes is more than a reader takes."""
    if size > LONGEST_HEADER:
        raise NetlangError(
            TooManyTensors(span=None, tensors=tensors, size=size, limit=LONGEST_HEADER)
        )


def _header_text(ordered: Mapping[str, Kept], metadata: Mapping[str, str]) -> bytes:
    header: dict[str, object] = {METADATA: dict(sorted(metadata.items()))}
    begin = 0
    for name, kept in ordered.items():
        own, shape = own_of(kept), shape_of(kept)
        end = begin + own.element_size() * prod(shape)
        dtype = _NAMES[own.dtype]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)


def encode_signed(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> list[memoryview]:
    """As `encode`, with the digest of the file in its metadata."""
    header, *parts = encode(tensors, {**metadata, DIGEST: NO_DIGEST})
    return [memoryview(signed(bytes(header), parts)), *parts]


def _bytes(tensor: Tensor) -> memoryview:
    plain = tensor.detach().cpu().contiguous().reshape(-1)
    return plain.view(torch.uint8).numpy().data


assert set(DTYPES) == set(SIZES)
