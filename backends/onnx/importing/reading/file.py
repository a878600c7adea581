"""Reads an ONNX file of a stranger: everything that is declared is held against what is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, final

import onnx
from google.protobuf.message import DecodeError
from onnx import ModelProto, NodeProto, TensorProto

from netlang.backends.onnx.importing.diagnostics import ModelNotTaken, ModelUnreadable
from netlang.backends.onnx.importing.reading.long import (
    LONG,
    Data,
    LongTensors,
    ReadModel,
    is_held,
    put_inside,
)
from netlang.backends.onnx.importing.reading.scan import scan
from netlang.backends.onnx.importing.reading.split import without_long
from netlang.backends.onnx.importing.tensors import size_of
from netlang.backends.onnx.limits import MOST, MOST_LARGE, too_many
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import FileNotFound
from netlang.records import Draft
from netlang.regular import opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netlang.backends.weights.mapped import MappedFile

__all__ = ["OLDEST", "bytes_of", "opset_of", "read_model", "tensors_in"]

OLDEST = 9
"""The first set of operators that is read; ONNX of 2018."""
_MOST_NODES = 20_000
_OTHERS = {
    b"PK": "it is a zip archive",
    b"\x80": "it is a pickle",
    b"<": "it is a page or XML",
    b"{": "it is JSON",
    b"version https://git-lfs": "it stands for a file that Git LFS keeps elsewhere",
    b"ORTM": "it is in ONNX Runtime's own format",
}
_STANDARD = {"", "ai.onnx"}


def read_model(path: Path, *, large: bool = False) -> ReadModel:
    """The model in a file, with the tensors that lie beside it. Raises `NetlangError`.

    These have up to 2 GiB, and 16 GiB if somebody who trusts the file says that it may be `large`.
    """
    shown, long = str(path), LongTensors()
    try:
        size = _size(path)
        model, data = _parsed(path, long)
        most = MOST_LARGE if large else MOST - size
        _Tensors(path.parent, long, most, large).put(model, data)
    except FileNotFoundError:
        raise NetlangError(FileNotFound(span=None, path=shown, advice="")) from None
    except DecodeError:
        raise _unreadable(shown, "it isn't an ONNX file, or its end is missing") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _unreadable(shown, reason) from None
    _refuse(model, shown)
    return ReadModel(model, long)


def _size(path: Path) -> int:
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
    if size > MOST:
        raise ValueError("it has more than 2 GiB")
    if not size:
        raise ValueError("it is empty")
    return size


def _parsed(path: Path, long: LongTensors) -> tuple[ModelProto, dict[int, Data]]:
    """The model in a file, and where its long tensors are there, by their numbers.

    Raises `ValueError` and `OSError`.
    """
    file = long.mapped(path)
    assert file is not None
    content = file.bytes
    for beginning, reason in _OTHERS.items():
        if content[: len(beginning)] == beginning:
            raise ValueError(reason)
    scan(content)
    rest, places = without_long(content, LONG)
    model = onnx.load_model_from_string(rest)
    return model, {number: Data(file, place.begin, place.end) for number, place in places.items()}


def _unreadable(shown: str, reason: str) -> NetlangError:
    return NetlangError(ModelUnreadable(span=None, path=shown, reason=reason))


def opset_of(model: ModelProto) -> int:
    """The version of ONNX's own operators; 0 if the file names none."""
    return max((each.version for each in model.opset_import if each.domain in _STANDARD), default=0)


def bytes_of(model: ModelProto) -> int:
    """The bytes of a model's nodes and tensors. A message of over 2 GiB doesn't know its own."""
    fields = model.graph.node, model.functions
    messages: int = sum(each.ByteSize() for field in fields for each in field)
    return messages + sum(map(_bytes, model.graph.initializer))


def _bytes(stored: TensorProto) -> int:
    return size_of(stored) if is_held(stored) else len(stored.raw_data) or stored.ByteSize()


def tensors_in(model: ModelProto) -> Iterator[TensorProto]:
    """The tensors that are stored: initializers, and those of `Constant` nodes."""
    yield from model.graph.initializer
    for node in model.graph.node:
        yield from _tensors_of(node)


def _tensors_of(node: NodeProto) -> Iterator[TensorProto]:
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.TENSOR:
            yield attribute.t


def _refuse(model: ModelProto, shown: str) -> None:
    """Refuse what can't be read at all, before anything is computed."""
    graph, opset = model.graph, opset_of(model)
    if not model.ir_version or not graph.output:
        raise _unreadable(shown, "it has no graph with an output")
    if len(graph.node) > _MOST_NODES:
        raise _unreadable(shown, f"it has more than {_MOST_NODES:,} nodes")
    newest = onnx.defs.onnx_opset_version()
    if not OLDEST <= opset <= newest:
        what = f"its operators are of opset {opset}" if opset else "it names no opset"
        advice = f"opsets {OLDEST} to {newest} are read: `onnx.version_converter` makes another one"
        raise NetlangError(ModelNotTaken(span=None, path=shown, reason=what, advice=advice))
    if graph.sparse_initializer or model.training_info:
        what = "sparse tensors" if graph.sparse_initializer else "steps of a training"
        reason, advice = f"it has {what}", "write it without them"
        raise NetlangError(ModelNotTaken(span=None, path=shown, reason=reason, advice=advice))


def _is_outside(stored: TensorProto) -> bool:
    return stored.data_location == TensorProto.EXTERNAL or bool(stored.external_data)


@final
class _Tensors(Draft, eq=False):
    """Puts the data of tensors into the model, or beside it where a tensor of the graph is long.

    Those outside of the file are in its `folder`, and have at most so many bytes.
    """

    folder: Path
    long: LongTensors
    most: int
    large: bool

    def put(self, model: ModelProto, data: Mapping[int, Data]) -> None:
        """Put all of them; `data` are those of the file itself, by the number of the tensor."""
        for number, stored in enumerate(model.graph.initializer):
            if _is_outside(stored):
                self._fetch(stored, held=True)
            elif number in data:
                self.long.put_from(stored, data[number])
        for node in model.graph.node:
            for stored in _tensors_of(node):
                if _is_outside(stored):
                    self._fetch(stored, held=False)

    def _fetch(self, stored: TensorProto, *, held: bool) -> None:
        entries = {each.key: each.value for each in stored.external_data}
        size = size_of(stored)
        self.most -= size
        if self.most < 0:
            raise ValueError(too_many(self.large))
        path, offset = _place(entries, self.folder, size)
        location = entries["location"]
        try:
            with opened(path) as file:
                if os.fstat(file.fileno()).st_size < offset + size:
                    raise ValueError(f"`{location}` ends before the tensor that it asks for there")
                mapped = self._mapped(path) if held and size >= LONG else None
                file.seek(offset)
                content = b"" if mapped is not None else file.read(size)
        except OSError as error:
            why = error.strerror or "it can't be read"
            raise ValueError(f"it asks for a tensor in `{location}`: {why}") from None
        if mapped is not None:
            self.long.put_from(stored, Data(mapped, offset, offset + size))
        else:
            put_inside(stored, content)

    def _mapped(self, path: Path) -> MappedFile | None:
        """None if a file can't be mapped: one may be larger than all memory, for a few tensors."""
        try:
            return self.long.mapped(path)
        except OSError:
            return None  # its tensors are read


def _place(entries: Mapping[str, str], folder: Path, size: int) -> tuple[Path, int]:
    """A file in the folder of the model, and where a tensor begins there.

    Links could lead out of the folder, and are refused.
    """
    location = entries.get("location", "")
    parts = PurePosixPath(location).parts
    away = "\\" in location or ":" in location or "\0" in location
    if not parts or away or parts[0] == "/" or ".." in parts:
        raise ValueError(f"it asks for a tensor in `{location}`, which isn't in its folder")
    path = folder
    for part in parts:
        path /= part
        if path.is_symlink():
            raise ValueError(f"it asks for a tensor in `{location}`, which is a link")
    if path.is_file() and path.stat().st_nlink > 1:
        raise ValueError(f"it asks for a tensor in `{location}`, which is a link")
    try:
        offset = int(entries.get("offset") or 0)
        length = int(entries.get("length") or size)
    except ValueError:
        raise ValueError(f"it asks for a tensor at no place of `{location}`") from None
    if offset < 0 or length != size:
        raise ValueError(f"it asks for {length} bytes of `{location}` for a tensor of {size}")
    return path, offset
