"""The files of a run, each of them either whole or not there.

Tensors are stored as safetensors, everything else as JSON in its metadata: reading a file can't run
anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from torch import Tensor

from netlang.atomic import replacing
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.files import WriteFailed
from netlang.diagnostics.training import UnreadableRun

__all__ = ["Json", "load_tensors", "save_tensors", "write_text"]

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

# One entry, since safetensors doesn't promise an order: the same content gives the same bytes.
_ENTRY = "netlang"


def write_text(path: Path, text: str) -> None:
    """Replace a file by a text."""
    _replace(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def save_tensors(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Json]) -> None:
    """Replace a file by tensors and what belongs to them."""
    from safetensors.torch import save_file

    stored = _separate(tensors)
    metadata = {_ENTRY: json.dumps(facts, sort_keys=True)}
    _replace(path, lambda temporary: save_file(stored, temporary, metadata))


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Json]]:
    """Tensors of a file, on the CPU, and the facts that were stored with them."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            keys: list[str] = file.keys()
            tensors = {key: file.get_tensor(key) for key in keys}
        facts = json.loads(metadata.get(_ENTRY, "{}"))
    except (OSError, SafetensorError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NetlangError(UnreadableRun(span=None, path=str(path), why=reason)) from None
    return tensors, facts


def _separate(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors on the CPU that share no memory, as the format wants them."""
    stored: dict[str, Tensor] = {}
    seen: set[int] = set()
    for key, tensor in tensors.items():
        value = tensor.detach().cpu().contiguous()
        address = value.untyped_storage().data_ptr()
        partial = value.untyped_storage().nbytes() != value.nbytes
        stored[key] = value.clone() if address in seen or partial else value
        seen.add(address)
    return stored


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    try:
        with replacing(path) as temporary:
            write(temporary)
    except OSError as error:
        reason = error.strerror or str(error)
        raise NetlangError(WriteFailed(span=None, path=str(path), reason=reason)) from error
