"""Reading weights: safetensors files, PyTorch state dicts and mappings of arrays.

Nothing is read before it is asked for: a safetensors file is mapped into memory, and only its
header is looked at. A ``.pth`` file is read by torch with ``weights_only=True`` and never
otherwise, since a pickle can run code.

Holds on exit: every `Stored` has the shape and the type that its data have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.backends.weights.arrays import numpy_type
from netlang.backends.weights.diagnostics import (
    NotAStateDict,
    UnknownWeightsFormat,
    UnreadableWeights,
    UnsafeWeights,
)
from netlang.backends.weights.header import LONGEST_HEADER, Entry, Header, parse_header
from netlang.backends.weights.signature import check_signature
from netlang.diagnostics.core import NetlangError
from netlang.ir.types import DType

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

__all__ = ["Region", "Stored", "WeightSource", "metadata_of", "read_weights"]

# Safetensors' names of the types that convert to a weight's type.
TYPES = {
    "F64": DType.FLOAT64, "F32": DType.FLOAT32, "F16": DType.FLOAT16, "BF16": DType.BFLOAT16,
    "I64": DType.INT64, "I32": DType.INT32, "BOOL": DType.BOOL,
}  # fmt: skip
PICKLES = (".pth", ".pt", ".bin")


@dataclass(frozen=True, slots=True)
class Region:
    """The bytes of a tensor within a file, row-major and little-endian."""

    path: Path
    offset: int
    size: int


@dataclass(frozen=True, eq=False)
class Stored:
    """A tensor as it lies in its file.

    `dtype` is None where the data are of a type that no weight can take; `type_name` names it.
    `region` says where the bytes lie, if they can be copied from there.
    """

    shape: tuple[int, ...]
    type_name: str
    dtype: DType | None
    data: NDArray[np.generic]
    region: Region | None = None

    def fits(self, dtype: DType) -> bool:
        """Whether the data convert to `dtype`: floats to floats, whole numbers to whole numbers."""
        return self.dtype is not None and self.dtype.is_float is dtype.is_float

    def array(self, dtype: DType) -> NDArray[np.generic]:
        """The data as `dtype`; without a copy if that is their type."""
        return self.data.astype(numpy_type(dtype), copy=False)


WeightSource = str | Path | Mapping[str, "NDArray[np.generic]"]


def read_weights(source: WeightSource) -> dict[str, Stored]:
    """The tensors of a file or mapping by key; raises `NetlangError` if it isn't one of weights."""
    if isinstance(source, Mapping):
        return {key: _from_array(value) for key, value in source.items()}
    source = Path(source)
    if not source.is_file():
        raise NetlangError(UnreadableWeights(span=None, source=str(source), reason="no such file"))
    if source.suffix == ".safetensors":
        return _safetensors(source)
    if source.suffix in PICKLES:
        return _state_dict(source)
    raise NetlangError(UnknownWeightsFormat(span=None, source=str(source), suffix=source.suffix))


def metadata_of(path: Path) -> Mapping[str, str]:
    """The texts beside the tensors of a safetensors file; raises `NetlangError` if it is none.

    Whether the file is what was written is asked when its tensors are read.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, LONGEST_HEADER):
                raise ValueError("it is cut off")
            return parse_header(file.read(length), size).metadata
    except (OSError, ValueError) as error:
        shown = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        reason = f"not a safetensors file: {shown}"
        raise NetlangError(UnreadableWeights(span=None, source=str(path), reason=reason)) from None


def _from_array(value: object) -> Stored:
    import numpy as np

    data = np.asarray(value)
    name = data.dtype.name
    dtype = DType(name) if name in {member.value for member in DType} else None
    return Stored(data.shape, name, dtype, data)


def _safetensors(path: Path) -> dict[str, Stored]:
    import numpy as np

    try:
        data = np.memmap(path, np.uint8, "r")
        header = _header(data)
    except (OSError, ValueError) as error:
        reason = f"not a safetensors file: {error}"
        raise NetlangError(UnreadableWeights(span=None, source=str(path), reason=reason)) from error
    plain = data.view(np.ndarray)
    return {key: _mapped(path, plain, entry) for key, entry in header.entries.items()}


def _header(data: NDArray[np.uint8]) -> Header:
    """What the file says that it holds; `ValueError` where that can't be, or it is damaged."""
    if len(data) < 8:
        raise ValueError("it is cut off")
    length = int(data[:8].view("<u8")[0])
    if length > LONGEST_HEADER:
        raise ValueError(f"its header has {length} bytes, {LONGEST_HEADER} are allowed")
    start = bytes(data[: 8 + length])
    header = parse_header(start[8:], len(data))
    check_signature(start, header.metadata, [data[8 + length :].data])
    return header


def _mapped(path: Path, data: NDArray[np.uint8], entry: Entry) -> Stored:
    dtype = TYPES.get(entry.dtype)
    raw = data[entry.begin : entry.end]
    if dtype is None:
        return Stored(entry.shape, entry.dtype, None, raw)
    kind = numpy_type(dtype)
    region = Region(path, entry.begin, entry.end - entry.begin)
    return Stored(entry.shape, dtype.value, dtype, raw.view(kind).reshape(entry.shape), region)


def _state_dict(path: Path) -> dict[str, Stored]:
    import pickle

    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise NetlangError(UnsafeWeights(span=None, source=str(path))) from error
    except Exception as error:
        # On damaged files torch's readers let through whatever they run into.
        reason = f"not a file that torch.save wrote ({type(error).__name__})"
        raise NetlangError(UnreadableWeights(span=None, source=str(path), reason=reason)) from error
    if not isinstance(state, Mapping):
        found = type(state).__name__
        raise NetlangError(NotAStateDict(span=None, source=str(path), found=f"a {found}"))
    odd = [str(key) for key, value in state.items() if not isinstance(value, torch.Tensor)]
    if odd:
        found = f"something else under `{odd[0]}`"
        raise NetlangError(NotAStateDict(span=None, source=str(path), found=found))
    return {str(key): _from_tensor(value) for key, value in state.items()}


def _from_tensor(tensor: torch.Tensor) -> Stored:
    import torch

    name = str(tensor.dtype).removeprefix("torch.")
    if tensor.layout is not torch.strided or tensor.is_quantized:
        name = f"{tensor.layout} {name}"
    dtype = next((member for member in DType if member.value == name), None)
    if dtype is None:
        return Stored(tuple(tensor.shape), name, None, torch.empty(0).numpy())
    plain = tensor.detach().contiguous()
    if dtype is DType.BFLOAT16:
        plain = plain.view(torch.uint16)  # just bits: numpy doesn't know the type
    return Stored(tuple(tensor.shape), name, dtype, plain.numpy().view(numpy_type(dtype)))
