"""Inspects a PyTorch file before PyTorch reads it.

``torch.load(weights_only=True)`` runs no code of a file, but takes as much memory and time as the
file demands: an archive may be compressed a thousandfold, and a pickle of 300 bytes may ask for
gigabytes. On exit, records are known to be uncompressed, so that reading takes no more than the
file's size, and the pickle to be short, shallow and free of calls that make bytes out of a number.

The formats: a zip archive with the records ``*/data.pkl`` and ``*/data/0`` ..., or (before PyTorch
1.6) consecutive pickles (``torch/serialization.py``). The standard library's disassembler lists the
operations of the pickle; it is never executed here.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO

from netlang.backends.weights.kinds import ZIP
from netlang.backends.weights.pickles.nesting import Nesting
from netlang.backends.weights.pickles.records import require_stored, zip_records
from netlang.regular import opened

__all__ = ["LONGEST_PICKLE", "named_objects"]

LONGEST_PICKLE = 1 << 20
"""Bytes: some 10,000 tensors. Reading takes a multiple of it in time and memory."""
_MOST_OPERATIONS = 200_000
_DEEPEST = 64
# What every file begins with that `torch.save` wrote before PyTorch 1.6: a number, as a pickle.
_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_OF_TENSORS = ("torch.", "collections.")
_TOO_LONG = (
    f"what describes its tensors has over {LONGEST_PICKLE:,} bytes or {_MOST_OPERATIONS:,}"
    " operations: save the weights alone, as safetensors"
)


def named_objects(path: Path) -> tuple[str, ...]:
    """The names of all objects in the file that aren't part of tensors, each once, in order.

    Raises `ValueError` with the reason if the file wasn't written by `torch.save`, or if reading it
    would take more than it holds.
    """
    try:
        with opened(path) as file:
            start = file.read(len(_MAGIC))
            if start.startswith(ZIP):
                found = list(_names(BytesIO(_inner_pickle(file))))
            elif start == _MAGIC:
                found = list(_legacy(file))
            else:
                raise ValueError("not a file that torch.save wrote")
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from None
    named = dict.fromkeys(name for name in found if not name.startswith(_OF_TENSORS))
    if any(name.rpartition(".")[2] == "bytearray" for name in named):
        raise ValueError("it asks for memory that it doesn't fill")
    return tuple(named)


def _inner_pickle(file: IO[bytes]) -> bytes:
    """The record of an archive that describes its tensors."""
    with zip_records(file) as (archive, records):
        record = _description(records)
        require_stored(file, records)
        if record.file_size > LONGEST_PICKLE:
            raise ValueError(_TOO_LONG)
        return archive.read(record)


def _description(records: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The record ``data.pkl`` as torch finds it: ignoring case."""
    names = [each.filename.casefold() for each in records]
    folder = records[0].filename.partition("/")[0] if records else ""
    if len(set(names)) < len(names) or f"{folder}/data.pkl" not in (r.filename for r in records):
        raise ValueError("a zip archive that torch.save didn't write")
    if f"{folder}/constants.pkl" in names:
        raise ValueError("a TorchScript program: save its `state_dict()`")
    return next(each for each in records if each.filename == f"{folder}/data.pkl")


def _legacy(file: IO[bytes]) -> Iterator[str]:
    """The names in the four pickles after the magic number: version, system, tensors, keys."""
    pickles = BytesIO(file.read(2 * LONGEST_PICKLE))
    for _ in range(4):
        yield from _names(pickles)


def _names(pickle: BytesIO) -> Iterator[str]:
    """The names in the pickle at the current position, up to its end."""
    begin, marks, texts, nesting = pickle.tell(), 0, ("", ""), Nesting()
    for count, (operation, argument) in enumerate(_operations(pickle)):
        if count > _MOST_OPERATIONS or pickle.tell() - begin > LONGEST_PICKLE:
            raise ValueError(_TOO_LONG)
        marks += (operation.name == "MARK") - (pickletools.markobject in operation.stack_before)
        if max(marks, nesting.after(operation, argument)) > _DEEPEST:
            raise ValueError(f"its objects are nested more than {_DEEPEST} deep")
        if operation.name in ("GLOBAL", "INST"):
            yield str(argument).replace(" ", ".")
        elif operation.name == "STACK_GLOBAL":
            yield ".".join(texts)
        elif isinstance(argument, str):
            texts = (texts[1], argument)


def _operations(pickle: BytesIO) -> Iterator[tuple[pickletools.OpcodeInfo, object]]:
    """The operations of the pickle with their arguments; nothing is executed."""
    found = pickletools.genops(pickle)
    while True:
        try:
            operation, argument, _ = next(found)
        except StopIteration:
            return
        except (ValueError, OverflowError):
            raise ValueError("a damaged file of torch.save") from None
        yield operation, argument
