"""The files of a run, each written atomically.

Tensors are stored as safetensors, everything else as JSON in its metadata, so reading a file can't
run anything. Weights files contain a digest of their own bytes, so damage is noticed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from netlang.atomic import replacing, write_all
from netlang.backends.torch.train.files.encoding import encode, encode_signed
from netlang.backends.torch.train.files.reader import Json, TensorSource, opened, parsed_json
from netlang.backends.weights.signature import FACTS
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import UnreadableRun
from netlang.processes.writing import writing

__all__ = [
    "Json", "encoded_state", "facts_of", "load_tensors", "metadata_of", "save_tensors",
    "write_parts", "write_text",
]  # fmt: skip


def write_text(path: Path, text: str) -> None:
    """Replace a file by a text."""
    write_parts(path, [memoryview(text.encode("utf-8"))])


def write_parts(path: Path, parts: list[memoryview]) -> None:
    """Replace a file by bytes in parts."""
    with writing(path), replacing(path) as temporary:
        write_all(temporary, parts)


def save_tensors(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Json]) -> None:
    """Replace a file by tensors and facts about them, with a digest of everything."""
    write_parts(path, encode_signed(tensors, metadata_of(facts)))


def encoded_state(tensors: Mapping[str, Tensor], facts: Mapping[str, Json]) -> list[memoryview]:
    """The bytes of a checkpoint, whose digest goes into its name."""
    return encode(tensors, metadata_of(facts))


def metadata_of(facts: Mapping[str, Json]) -> dict[str, str]:
    """Facts as the metadata of a file."""
    return {FACTS: json.dumps(facts, sort_keys=True, allow_nan=False)}


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Json]]:
    """The tensors of a file, on the CPU, and the facts stored with them.

    Raises `NetlangError` if the file is of another kind or isn't what was written.
    """
    try:
        with opened(path) as file:
            file.check_signature()
            return {name: file.read(name) for name in file.entries}, facts_of(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NetlangError(UnreadableRun(span=None, path=str(path), why=reason)) from None


def facts_of(file: TensorSource) -> dict[str, Json]:
    """The facts stored with tensors; none in files that others wrote."""
    found = parsed_json(file.metadata.get(FACTS, "{}"))
    if not isinstance(found, dict):
        raise ValueError("its facts aren't a table")
    return found
