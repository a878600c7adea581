"""The spec that a file of netlang's has in its metadata, taken as it is.

The weights are those of the graph, where it has each under the spec's key. Then both are compared
as in any import; where norms are folded into others, the spec is what can be had.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from math import prod

import torch
from onnx import ModelProto
from torch import Tensor

from netlang.backends.onnx.importing.diagnostics import ModelNotTaken
from netlang.backends.onnx.importing.graph import AtenGraph
from netlang.backends.onnx.importing.original import OnnxOriginal
from netlang.backends.onnx.importing.prepared import halves_in
from netlang.backends.onnx.importing.reader import GraphInput, GraphReader, ReadGraph
from netlang.backends.onnx.importing.reading.file import bytes_of, tensors_in
from netlang.backends.onnx.importing.reading.long import ReadModel
from netlang.backends.onnx.verify.inputs import feeds_at, sizes_to_try
from netlang.backends.torch.importing import told
from netlang.backends.torch.importing.imported import Imported
from netlang.backends.torch.importing.layouts import CountedValues
from netlang.backends.torch.importing.limits.room import Room
from netlang.backends.torch.importing.original import BatchAxis, lent_or_copied
from netlang.backends.torch.importing.proof.prove import prove
from netlang.backends.torch.importing.proof.rounding import MOST_RUNS
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.sources import MOST_ELEMENTS
from netlang.backends.torch.importing.steps import MOST_STEPS
from netlang.backends.torch.run.weights import unfilled
from netlang.backends.weights import slots
from netlang.backends.weights.slots import BATCH_COUNTER
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed
from netlang.elaborate import elaborate_target, resolve_text
from netlang.ir.dims import evaluate
from netlang.ir.length import Lengths
from netlang.ir.program import Program
from netlang.modules.onnx_metadata import KEY
from netlang.targets.importing import ImportedNet, ImportOptions

__all__ = ["net_inside", "text_inside"]

_EXAMPLES = 4
_FEW = 1 << 20
# Letters of a spec: at most so many for each node of the graph and besides, and at most so many.
_TEXT_OF_A_NODE, _SHORT, _LONG = 64, 1 << 16, 1 << 18


def text_inside(model: ModelProto) -> str | None:
    """The spec in the metadata of a file; None if there is none."""
    return next((each.value for each in model.metadata_props if each.key == KEY), None)


def net_inside(read: ReadModel, text: str, options: ImportOptions) -> ImportedNet:
    """The net of that spec. Raises `NetlangError` if it isn't that of the file."""
    model = read.model
    program, copy = _compiled(model, text, options)
    room = Room(bytes_of(model), options.large)
    sizes = _compared_sizes(program, room)
    if not sizes:
        return _spec_alone(program, text, options, "it is large: see `--large`")
    examples = [
        [torch.from_numpy(each) for each in feeds_at(program, each, number).values()]
        for number, each in enumerate(sizes)
    ]
    found = _graph(read, room, examples[0])
    if found is not None and found.missing and not room.large:
        # Nobody knows how much work is behind a step that can't be said.
        kinds = listed(sorted({each.operator for each in found.missing}))
        more = f"its graph has steps that no spec says ({kinds}): see `--large`"
        return _spec_alone(program, text, options, more)
    held = {each.key: each.tensor for each in found.weights} if found is not None else {}
    own = {key: each for key, each in copy.state_dict().items() if not key.endswith(BATCH_COUNTER)}
    lacking = [key for key, each in own.items() if key not in held or
               held[key].shape != each.shape]  # fmt: skip
    if lacking or found is None:
        more = f"{len(lacking)} of its weights are folded into others, or packed"
        return _spec_alone(program, text, options, more)
    original = OnnxOriginal(read, options.source, found.weights, BatchAxis(None), room)
    runs = room.runs_besides(room.work_of_runs(program, sizes), MOST_RUNS)
    proof = prove(original, copy, examples, runs)
    weights = lent_or_copied(original, own)
    return told(Imported(text, program, weights, proof))


def _compiled(
    model: ModelProto, text: str, options: ImportOptions
) -> tuple[Program, torch.nn.Module]:
    """The program of the spec, and its module. Raises `NetlangError`."""
    try:
        if len(text) > min(_SHORT + _TEXT_OF_A_NODE * len(model.graph.node), _LONG):
            raise _of_another_size(options)
        program = elaborate_target(resolve_text(text, None))
        _refuse_size(program, model, options)
        with torch.random.fork_rng(devices=[]):
            return program, unfilled(program, frees=True)
    except NetlangError as error:
        if isinstance(error.diagnostics[0], ModelNotTaken):
            raise
        rows = tuple(str(error).splitlines())
        reason, advice = "the spec in it doesn't compile", "`--graph` reads the graph alone"
        raise NetlangError(
            ModelNotTaken(span=None, path=options.source, reason=reason, advice=advice, rows=rows)
        ) from error


def _compared_sizes(program: Program, room: Room) -> list[Mapping[str, int]]:
    """Some sizes at which there is room for all values, and which together aren't too much work."""
    tried = islice(sizes_to_try(program, {}), _EXAMPLES)
    sizes: list[Mapping[str, int]] = [each for each in tried if room.holds(program, each)]
    while sizes and not room.allows_runs(program, sizes):
        sizes.pop()
    return sizes


def _refuse_size(program: Program, model: ModelProto, options: ImportOptions) -> None:
    """Refuse a spec whose weights or inputs are far more than the file's, before they are made."""
    if Lengths().steps(program.net) > MOST_STEPS:
        raise _of_another_size(options)
    first = next(iter(sizes_to_try(program, {})))
    dims = [[int(evaluate(dim, first)) for dim in port.type.shape] for port in program.net.inputs]
    given = sum(map(prod, dims))
    weights = sum(prod(each.weight.shape) for each in slots(program))
    there = sum(prod(each.dims) for each in tensors_in(model))
    if given > MOST_ELEMENTS or weights > 4 * there + _FEW:
        raise _of_another_size(options)


def _of_another_size(options: ImportOptions) -> NetlangError:
    reason, advice = "the spec in it is for another size", "`--graph` reads the graph alone"
    return NetlangError(ModelNotTaken(span=None, path=options.source, reason=reason, advice=advice))


def _graph(read: ReadModel, room: Room, example: list[Tensor]) -> ReadGraph | None:
    """The graph, for its weights; None if it isn't one of these inputs, or has others."""
    model = read.model
    stored = {each.name for each in model.graph.initializer}
    given = [each.name for each in model.graph.input if each.name not in stored]
    if len(given) != len(example) or halves_in(model):
        return None
    inputs = [
        GraphInput(name, tuple(each.shape[1:]), each.dtype)
        for name, each in zip(given, example, strict=True)
    ]
    try:
        return GraphReader(AtenGraph(CountedValues(room)), None).read(read, inputs)
    except NotSayable:
        return None


def _spec_alone(program: Program, text: str, options: ImportOptions, more: str) -> ImportedNet:
    """The spec without weights and without a proof, which `netlang verify` gives.

    `more` says why.
    """
    if options.weights:
        advice = "`--graph` makes a spec of what the file computes; `--no-fold` keeps all weights"
        raise NetlangError(
            ModelNotTaken(span=None, path=options.source, reason=more, advice=advice)
        )
    proof = f"{program.name}: the spec in the file's metadata, as it is"
    note = f"not compared: {more}; `netlang verify {options.source} --weights W` compares"
    return ImportedNet(text, program, {}, proof, (note,))
