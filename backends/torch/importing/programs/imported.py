"""Imports a program: its tensors, its graph, and the proof that the spec computes the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path

import torch
from torch import Tensor, nn

from netlang.backends.torch.importing.composites import composites
from netlang.backends.torch.importing.foreign import said_by
from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.imported import Imported, import_graph
from netlang.backends.torch.importing.layouts import CountedValues
from netlang.backends.torch.importing.limits.room import Room
from netlang.backends.torch.importing.original import BatchAxis
from netlang.backends.torch.importing.programs.archive import not_taken, opened_program
from netlang.backends.torch.importing.programs.document import ProgramDocument, read_document
from netlang.backends.torch.importing.programs.graph import ATTENTION, ProgramReader
from netlang.backends.torch.importing.programs.original import ProgramOriginal
from netlang.backends.torch.importing.programs.weights import StoredTensors
from netlang.backends.torch.importing.sources import (
    MOST_ELEMENTS,
    TAKEN_TYPES,
    example_of,
    type_of,
)
from netlang.backends.torch.importing.spec import Asked
from netlang.backends.torch.importing.trace import TracedModule
from netlang.targets.importing import ImportOptions

__all__ = ["import_program"]

# What Python raises for JSON that has other parts than a program has.
_WRONG = (LookupError, TypeError, AttributeError, RuntimeError, OverflowError)

_Types = list[tuple[torch.dtype, tuple[int, ...]]]


def import_program(options: ImportOptions) -> Imported | Stub:
    """The net of a file. Raises `NetlangError`."""
    path = Path(options.source)
    if not options.spec:
        raise not_taken(options.source, "`--graph` is for ONNX files", "leave it out")
    with opened_program(path) as archive:
        try:
            name = archive.program
            document = read_document(archive.json(f"models/{name}.json"))
            tensors = StoredTensors(archive).read(name)
            types, batch = _inputs(document, options)
            shapes = [(sizes, dtype) for dtype, sizes in types]
            room = Room(path.stat().st_size, options.large)
            values = CountedValues(room)
            reader = ProgramReader(document, tensors, values, batch, options.batch)
            traced = reader.read(shapes)
        except _WRONG as error:
            raise ValueError(f"its parts contradict each other ({said_by(error)[:100]})") from None
    _refuse_types(options.source, tensors)
    asked = Asked.of(options, path.stem, path.name, traced.outputs)
    axis = BatchAxis(batch) if options.batch else None
    original = ProgramOriginal(document, tensors, options.source, axis, room)
    attention = composites(traced.graph, _attentions(traced, tensors).__getitem__)
    return import_graph(original, traced, asked, example_of(types), attention)


def _inputs(document: ProgramDocument, options: ImportOptions) -> tuple[_Types, int | None]:
    """The inputs of one example, and the number of examples that the program is for."""
    source, asked = options.source, [type_of(options.source, text) for text in options.inputs]
    if not document.inputs:
        raise not_taken(source, "it has no input", "a spec has one or more")
    if asked and len(asked) != len(document.inputs):
        raise not_taken(source, f"it has {len(document.inputs)} inputs", "give as many `--input`")
    found: _Types = []
    batches = set[int]()
    for place, name in enumerate(document.inputs):
        sizes, hints, dtype = document.shapes[name], document.hints[name], document.dtypes[name]
        if options.batch:
            if not sizes:
                advice = "say `--no-batch` for a program that takes one example alone"
                raise not_taken(source, "an input has no axis for examples", advice)
            batches.add(sizes[0])
            sizes, hints = sizes[1:], hints[1:]
        kind, shape = asked[place] if asked else (dtype, hints)
        _check(source, (kind, dtype), shape, sizes)
        found.append((dtype, shape))
    if len(batches) > 1:
        raise not_taken(source, "its inputs have first axes of several sizes",
                        "the first is the batch")  # fmt: skip
    batch = batches.pop() if batches else 0
    return found, batch or None


def _check(
    source: str, types: tuple[torch.dtype, torch.dtype], shape: Sequence[int], sizes: Sequence[int]
) -> None:
    """Refuse an input that isn't of the type of the program, or of none that a spec has."""
    asked, dtype = types
    if dtype not in TAKEN_TYPES:
        name = str(dtype).removeprefix("torch.")
        raise not_taken(source, f"an input is of {name}",
                        "a spec's are float32, int64, int32, uint8 or bool")  # fmt: skip
    fits = len(shape) == len(sizes) and all(
        size in (mine, 0) for size, mine in zip(sizes, shape, strict=False)
    )
    if not fits or asked not in (torch.float32, dtype):
        said = ", ".join(str(size or "any") for size in sizes)
        raise not_taken(source, f"an input of it is of [{said}]", "give `--input` like that")
    if any(size < 1 for size in shape):
        advice = "say one: `--input '[3, 224, 224]'`, without the batch, once for each input"
        raise not_taken(source, "an input is for any size", advice)
    if prod(shape) > MOST_ELEMENTS:
        raise not_taken(source, "an input of it has too many elements", "give a smaller `--input`")


def _refuse_types(source: str, tensors: Mapping[str, Tensor]) -> None:
    for key, each in tensors.items():
        if each.dtype not in TAKEN_TYPES:
            name = str(each.dtype).removeprefix("torch.")
            raise not_taken(source, f"its tensor `{key[:100]}` is of {name}",
                            "export the module after `.float()`")  # fmt: skip


def _attentions(traced: TracedModule, tensors: Mapping[str, Tensor]) -> Mapping[str, nn.Module]:
    """What each module is, by its path: attentions of PyTorch's own, and others."""
    found: dict[str, nn.Module] = {}
    heads = dict[str, int]()
    for node in traced.graph.nodes:
        for path, kind in (node.meta.get("nn_module_stack") or {}).values():
            found.setdefault(path, nn.Module())
            scaled = node.target is torch.ops.aten.scaled_dot_product_attention.default
            if kind == ATTENTION and scaled and "val" in node.meta:
                heads[path] = node.meta["val"].shape[-1]
    for path, size in heads.items():
        weight = tensors.get(f"{path}.in_proj_weight" if path else "in_proj_weight")
        width = weight.shape[-1] if weight is not None and weight.dim() else 0
        if width and size and width % size == 0:
            bias = (f"{path}.in_proj_bias" if path else "in_proj_bias") in tensors
            found[path] = nn.MultiheadAttention(width, width // size, bias=bias, device="meta")
    return found
