"""Tensors and facts as the bytes of a safetensors file, which any reader of the format opens.

The same content gives the same bytes: a digest of them says whether a file is what was written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import torch
from torch import Tensor

from netlang.backends.weights.header import METADATA, SIZES
from netlang.backends.weights.signature import DIGEST, NO_DIGEST, signed

__all__ = ["DTYPES", "encode", "encode_signed"]

DTYPES: Mapping[str, torch.dtype] = {
    "F64": torch.float64, "I64": torch.int64, "U64": torch.uint64, "F32": torch.float32,
    "I32": torch.int32, "U32": torch.uint32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I16": torch.int16, "U16": torch.uint16, "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip
_NAMES = {dtype: name for name, dtype in DTYPES.items()}


def encode(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> list[memoryview]:
    """The bytes of a file in parts; those of tensors on the CPU are their memory, not copies."""
    # Large elements first keeps every tensor aligned, as the format's own library has it.
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    parts = [_bytes(tensors[name]) for name in names]
    header: dict[str, object] = {METADATA: dict(sorted(metadata.items()))}
    begin = 0
    for name, part in zip(names, parts, strict=True):
        end = begin + part.nbytes
        dtype, shape = _NAMES[tensors[name].dtype], list(tensors[name].shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return [memoryview(len(text).to_bytes(8, "little") + text), *parts]


def encode_signed(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> list[memoryview]:
    """As `encode`, with the digest of the file in its metadata."""
    header, *parts = encode(tensors, {**metadata, DIGEST: NO_DIGEST})
    return [memoryview(signed(bytes(header), parts)), *parts]


def _bytes(tensor: Tensor) -> memoryview:
    plain = tensor.detach().cpu().contiguous().reshape(-1)
    return plain.view(torch.uint8).numpy().data


assert set(DTYPES) == set(SIZES)
