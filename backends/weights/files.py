"""Reads weights: safetensors files, PyTorch state dicts and mappings of arrays.

Reading is lazy: a safetensors file is mapped into memory, and only its header is read at first.
What a ``.pth`` file may do is described in `pickles`.

On exit, every `Stored` has the shape and type of its data.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, final

from netlang.backends.weights.arrays import numpy_type
from netlang.backends.weights.checkpoint import is_checkpoint, where_weights_are
from netlang.backends.weights.diagnostics import (
    NoSuchEntry,
    TrainingCheckpoint,
    UnknownWeightsFormat,
    UnreadableWeights,
)
from netlang.backends.weights.header import Header, TensorEntry, parse_header, read_start
from netlang.backends.weights.kinds import foreign, require_file
from netlang.backends.weights.mapped import MappedFile
from netlang.backends.weights.pickles import (
    is_tensor,
    pickled_metadata,
    read_pickled,
    stored_tensor,
    told_in,
)
from netlang.backends.weights.signature import BESIDE, FACTS, check_signature
from netlang.backends.weights.stored import Stored
from netlang.diagnostics.errors import NetlangError
from netlang.ir.types import DType
from netlang.regular import opened

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PICKLES", "Opened", "WeightSource", "metadata_of", "read_entry", "read_weights"]

# Safetensors' names of the types that convert to a weight's type.
TYPES = {
    "F64": DType.FLOAT64, "F32": DType.FLOAT32, "F16": DType.FLOAT16, "BF16": DType.BFLOAT16,
    "I64": DType.INT64, "I32": DType.INT32, "U8": DType.UINT8, "BOOL": DType.BOOL,
}  # fmt: skip
PICKLES = (".pth", ".pt", ".bin", ".ckpt", ".tar")

WeightSource = str | Path | Mapping[str, "NDArray[np.generic]"] | Mapping[str, object]
"""A file, or arrays and tensors by their keys."""


@final
@dataclass(frozen=True)
class Opened:
    """The tensors of a file or mapping by key, and the texts and tensors beside the weights.

    `note` says which entry of a checkpoint was chosen, if any.
    """

    tensors: dict[str, Stored]
    metadata: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None
    beside: Mapping[str, Stored] = field(default_factory=dict)


def read_weights(source: WeightSource) -> dict[str, Stored]:
    """The tensors of a file or mapping by key. Raises `NetlangError` if it contains no weights."""
    return read_entry(source, None).tensors


def read_entry(source: WeightSource, entry: str | None) -> Opened:
    """As `read_weights`, with the texts beside the tensors.

    `entry` names the one to use in a checkpoint that keeps weights under a name.
    """
    if isinstance(source, Mapping):
        return Opened({key: _from_array(value) for key, value in source.items()})
    path = Path(source)
    _require_file(path)
    if path.suffix != ".safetensors" and path.suffix not in PICKLES:
        suffix = f"the suffix `{path.suffix}` is not known" if path.suffix else "it has no suffix"
        raise NetlangError(UnknownWeightsFormat(span=None, source=str(path), suffix=suffix))
    _require_weights(path)
    if path.suffix != ".safetensors":
        tensors, note, whole = read_pickled(path, entry)
        return Opened(tensors, told_in(whole), note)
    if entry is not None:
        among = "a safetensors file has none"
        raise NetlangError(NoSuchEntry(span=None, source=str(path), entry=entry, among=among))
    return _safetensors(path)


def metadata_of(path: Path) -> Mapping[str, str]:
    """The texts beside the tensors of a safetensors file. Raises `NetlangError` for other files.

    For a PyTorch file, those that a training script wrote. Whether the file is intact is checked
    when its tensors are read.
    """
    if path.suffix in PICKLES:
        return pickled_metadata(path)
    _require_file(path)
    _require_weights(path)
    try:
        with opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            return parse_header(read_start(file.read, size), size).metadata
    except (OSError, ValueError) as error:
        shown = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        reason = f"not a safetensors file: {shown}"
        raise _unreadable(path, reason) from None


def _require_file(path: Path) -> None:
    try:
        require_file(path)
    except ValueError as error:
        raise _unreadable(path, str(error)) from None


def _require_weights(path: Path) -> None:
    """Raise `NetlangError` for what its first bytes show to be something else."""
    try:
        kind = foreign(path)
        if kind is not None:
            raise ValueError(f"it is {kind}")
    except ValueError as error:
        raise _unreadable(path, str(error)) from None


def _from_array(value: object) -> Stored:
    import numpy as np

    if is_tensor(value):
        return stored_tensor(value)
    data = np.asarray(value)
    name = data.dtype.name
    dtype = DType(name) if name in {member.value for member in DType} else None
    if dtype is not None:
        data = data.astype(data.dtype.newbyteorder("="), copy=False)
    return Stored(data.shape, name, dtype, data)


def _safetensors(path: Path) -> Opened:
    try:
        file = MappedFile(path)
        try:
            header = _header(path, file)
        except BaseException:
            file.close()
            raise
    except (OSError, ValueError) as error:
        reason = f"not a safetensors file: {error}"
        raise _unreadable(path, reason) from error
    tensors = {key: _mapped(file, entry) for key, entry in header.entries.items()}
    # No weight has such a name: it isn't one of an attribute.
    told = {key for key in tensors if key.startswith(BESIDE) and FACTS in header.metadata}
    beside = {key: tensors.pop(key) for key in sorted(told)}
    return Opened(tensors, header.metadata, beside=beside)


def _header(path: Path, file: MappedFile) -> Header:
    """The header of the file. `ValueError` if the file can't be valid, or is damaged."""
    file.require_whole()
    size = len(file.bytes)
    start = read_start(file.bytes.read, size)
    header = parse_header(start, size)
    if is_checkpoint(header):
        raise NetlangError(
            TrainingCheckpoint(span=None, source=str(path), advice=where_weights_are(path))
        )
    check_signature(start, header.metadata, file.pieces(len(start)))
    return header


def _mapped(file: MappedFile, entry: TensorEntry) -> Stored:
    import numpy as np

    dtype = TYPES.get(entry.dtype)
    if dtype is None:
        raw = file.array(np.dtype(np.uint8), (-1,), entry.begin, entry.end)
        return Stored(entry.shape, entry.dtype, None, raw)
    data = file.array(numpy_type(dtype), entry.shape, entry.begin, entry.end)
    return Stored(entry.shape, dtype.value, dtype, data, file, entry.begin)


def _unreadable(path: Path, reason: str) -> NetlangError:
    return NetlangError(UnreadableWeights(span=None, source=str(path), reason=reason))
