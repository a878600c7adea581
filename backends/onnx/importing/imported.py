"""Imports an ONNX file: its inputs, its graph, and the proof that the spec computes the same."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import final

import torch
from onnx import ModelProto, ValueInfoProto

from netlang.backends.onnx.importing.diagnostics import ModelNotTaken
from netlang.backends.onnx.importing.graph import AtenGraph
from netlang.backends.onnx.importing.inside import net_inside, text_inside
from netlang.backends.onnx.importing.original import OnnxOriginal
from netlang.backends.onnx.importing.prepared import prepared
from netlang.backends.onnx.importing.reader import GraphInput, GraphReader, ReadGraph
from netlang.backends.onnx.importing.reading.file import bytes_of, read_model
from netlang.backends.onnx.importing.reading.long import ReadModel
from netlang.backends.onnx.importing.tensors import dtype_of
from netlang.backends.torch.importing import told
from netlang.backends.torch.importing.holes.table import NO_HOLE, not_said
from netlang.backends.torch.importing.imported import import_graph
from netlang.backends.torch.importing.layouts import CountedValues
from netlang.backends.torch.importing.limits.room import Room
from netlang.backends.torch.importing.original import BatchAxis
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.sources import (
    MOST_ELEMENTS,
    TAKEN_TYPES,
    example_of,
    type_of,
)
from netlang.backends.torch.importing.spec import Asked
from netlang.diagnostics.errors import NetlangError
from netlang.records import Record, replace
from netlang.targets.importing import ImportedNet, ImportOptions

__all__ = ["import_file", "import_model"]

_MOST_OF_FILE = 1 << 28  # elements of the batch that a file is for


def import_file(options: ImportOptions) -> ImportedNet:
    """The net of a file. Raises `NetlangError`."""
    return import_model(read_model(Path(options.source), large=options.large), options)


def import_model(read: ReadModel, options: ImportOptions) -> ImportedNet:
    """The net of a model that was read."""
    inside = text_inside(read.model) if options.spec else None
    try:
        if inside is not None:
            _refuse_unheeded(options)
            return net_inside(read, inside, options)
        source = _read(read, options)
    except NotSayable as error:
        raise _not_taken(options.source, error.reason, error.advice) from None
    except ValueError as error:
        raise _not_taken(options.source, str(error), "the file isn't valid ONNX") from None
    found, inputs = source.found, source.inputs
    if found.missing and not found.whole:
        raise not_said(found.missing, found.nodes, NO_HOLE if options.stub else "")
    path = Path(options.source)
    asked = Asked.of(options, path.stem, path.name, found.traced.outputs)
    example = example_of([(each.dtype, each.shape) for each in inputs])
    made = import_graph(source.original, found.traced, asked, example)
    net = told(made)
    return replace(net, notes=(*source.notes, *net.notes))


@final
class _Source(Record, eq=False):
    """The graph of a file, and what it is compared with."""

    found: ReadGraph
    original: OnnxOriginal
    inputs: Sequence[GraphInput]
    notes: tuple[str, ...]


def _read(read: ReadModel, options: ImportOptions) -> _Source:
    """What a model is read as. Raises `NotSayable` and `ValueError`."""
    read, notes = prepared(read)
    inputs, batch = _inputs(read.model, options)
    room = Room(bytes_of(read.model), options.large)
    reader = GraphReader(AtenGraph(CountedValues(room)), batch, options.batch, options.stub)
    found = reader.read(read, inputs)
    axis = BatchAxis(batch) if options.batch else None
    original = OnnxOriginal(read, options.source, found.weights, axis, room)
    return _Source(found, original, inputs, notes)


def _refuse_unheeded(options: ImportOptions) -> None:
    """Refuse what says how to read a graph, where its spec is taken as it is."""
    ways = {"--input": options.inputs, "--name": options.name, "--flat": not options.blocks,
            "--no-batch": not options.batch, "--stub": options.stub,
            "--library": options.library}  # fmt: skip
    for word, given in ways.items():
        if given:
            reason = f"`{word}` is for its graph, and the spec in it is taken as it is"
            raise NotSayable(reason, "add `--graph`, or leave it out")


def _inputs(model: ModelProto, options: ImportOptions) -> tuple[list[GraphInput], int | None]:
    """The inputs of one example, and the batch that the file is for."""
    stored = {each.name for each in model.graph.initializer}
    given = [type_of(options.source, text) for text in options.inputs]
    taken = [each for each in model.graph.input if each.name not in stored]
    if not taken:
        raise NotSayable("it has no input", "a spec has one or more")
    if given and len(given) != len(taken):
        raise NotSayable(f"it has {len(taken)} inputs", f"give as many `--input`, not {len(given)}")
    found, batches = list[GraphInput](), set[int]()
    for place, each in enumerate(taken):
        sizes = _sizes(each, 1 if options.batch else 0)
        batch = sizes.pop(0) if options.batch else 0
        if batch:
            batches.add(batch)
        dtype = dtype_of(each.type.tensor_type.elem_type)
        asked, shape = given[place] if given else (dtype, tuple(sizes))
        if asked not in (torch.float32, dtype):
            raise NotSayable(f"its input `{each.name[:60]}` isn't of the type that `--input` says")
        if batch * prod(shape) > _MOST_OF_FILE:
            raise NotSayable(f"its input `{each.name[:60]}` has too many elements")
        found.append(_checked(each.name, shape, dtype, sizes))
    if len(batches) > 1:
        raise NotSayable("its inputs have first axes of several sizes", "the first is the batch")
    return found, batches.pop() if batches else None


def _dims(each: ValueInfoProto) -> list[int]:
    """The sizes of an input, 0 for symbols; -1 is one that older exporters write."""
    return [max(dim.dim_value, 0) for dim in each.type.tensor_type.shape.dim]


def _sizes(each: ValueInfoProto, least: int) -> list[int]:
    """The sizes of an input, 0 for symbols. Raises `NotSayable` for fewer than `least`."""
    if not each.type.HasField("tensor_type") or not each.type.tensor_type.HasField("shape"):
        raise NotSayable(f"its input `{each.name[:60]}` is no tensor of known axes")
    dims = _dims(each)
    if not least <= len(dims) <= 8:
        advice = "say `--no-batch` for a file that takes one example alone"
        raise NotSayable(f"its input `{each.name[:60]}` has no axis for examples", advice)
    return dims


def _checked(
    name: str, shape: Sequence[int], dtype: torch.dtype, sizes: Sequence[int]
) -> GraphInput:
    if dtype not in TAKEN_TYPES:
        raise NotSayable(f"its input `{name[:60]}` is of {str(dtype).removeprefix('torch.')}",
                         "a spec's are float32, int64, int32, uint8 or bool")  # fmt: skip
    fits = len(shape) == len(sizes) and all(
        size in (mine, 0) for size, mine in zip(sizes, shape, strict=False)
    )
    if not fits:
        raise NotSayable(f"its input `{name[:60]}` has other sizes than `--input` says")
    if any(size < 1 for size in shape):
        advice = "say one: `--input '[3, 224, 224]'`, without the batch, once for each input"
        raise NotSayable(f"its input `{name[:60]}` is for any size", advice)
    if prod(shape) > MOST_ELEMENTS:
        raise NotSayable(f"its input `{name[:60]}` has too many elements")
    return GraphInput(name, tuple(shape), dtype)


def _not_taken(source: str, reason: str, advice: str) -> NetlangError:
    return NetlangError(ModelNotTaken(span=None, path=source, reason=reason, advice=advice))
