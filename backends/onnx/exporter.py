"""Exports a program as an ONNX file: flattening, weights and writing together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.backends.onnx.deployed.tensors import SpecTensors, TensorData
from netlang.backends.onnx.emitter import name_of_table
from netlang.backends.onnx.facts import facts_of_precision, facts_of_spec, facts_of_weights
from netlang.backends.onnx.form import HIGHEST_OPSET, USUAL_FORM, Form, require_opset
from netlang.backends.onnx.graph import Graph
from netlang.backends.onnx.wire import write_model
from netlang.backends.weights import (
    Given,
    LookAhead,
    Slot,
    WeightSource,
    constants,
    given,
    not_finite,
    slots,
)
from netlang.build import BuildOptions, Written
from netlang.ir.program import Program
from netlang.ir.types import DType
from netlang.passes.deploy import deploy
from netlang.passes.flat import flattened
from netlang.records import Record, no_collection, replace

if TYPE_CHECKING:
    from onnx import ModelProto

    from netlang.backends.onnx.ends.around import Around
    from netlang.backends.onnx.steps import Flat
    from netlang.passes.affine import FoldedMap
    from netlang.passes.deployed import Deployed
    from netlang.passes.narrow import Narrowing

__all__ = ["export", "export_built"]


def export(
    program: Program,
    path: str | Path,
    *,
    weights: WeightSource | None = None,
    seed: int = 0,
    form: Form = USUAL_FORM,
) -> Written:
    """Write the deployed net of `program` to `path`.

    Weights come from a file or mapping by their ``state_dict`` keys, or from `seed`. Where they
    don't fit, a `NetlangError` says so. `form` says how the file is written.
    """
    source = Path(weights) if isinstance(weights, str) else weights
    return export_built(program, path, BuildOptions(source, seed=seed), form)


def export_built(program: Program, path: str | Path, options: BuildOptions, form: Form) -> Written:
    """Write the deployed net of `program` to `path`, with the weights that the options ask for.

    With `fit.partial`, what fits is loaded, the others come from `seed`, and a note names them.
    """
    from netlang.backends.onnx.ends.around import around

    weights, seed = options.weights, options.seed
    require_opset(form.opset)
    with no_collection():
        mine = slots(program)
        taken = Given({}) if weights is None else given(program.name, mine, weights, options.fit)
        ahead = LookAhead(() if form.fold else taken.tensors.values())
        tables = [replace(each, key=name_of_table(each.key)) for each in constants(program)]
        owned = (*mine, *tables)
        metadata = facts_of_weights(taken.facts, weights, seed)
        ends = around(program, form.ends, taken.facts, weights, metadata)
        return _Export(program, owned, taken, ahead, seed, form, ends).written(Path(path))


class _OtherTensors(Exception):
    """The file doesn't have the tensors of the spec, each as it is stored."""


class _Export(Record):
    """What is written: a net with its weights, how, and what stands around it.

    `owned` are the tensors of the spec, `taken` the numbers for some of them, which
    `ahead` looks at; `seed` draws others.
    """

    program: Program
    owned: tuple[Slot, ...]
    taken: Given
    ahead: LookAhead
    seed: int
    form: Form
    ends: Around

    def written(self, path: Path) -> Written:
        lowered = cache(self._lowered)
        try:
            return self._written_early(path, lowered)
        except _OtherTensors:
            deployed, narrowing, flat = lowered()
            values = self._numbers(flat.graph, deployed.by_key)
            needed = values.needed()
            model = partial(self._model, deployed, narrowing, flat, needed)
            beside = self._write(path, model, values, needed)
            notes = self._notes(deployed, narrowing, flat, values.not_finite(needed))
            return Written(path, beside, notes)

    def _notes(
        self, deployed: Deployed, narrowing: Narrowing, flat: Flat, suspect: Sequence[str]
    ) -> tuple[str, ...]:
        """What the user is told. The tensors under `suspect` have values that aren't finite."""
        from netlang.backends.onnx.deployed.fused import fused_operators
        from netlang.backends.onnx.precision.report import kept_in_float32

        of_steps = (*kept_in_float32(deployed.program.net, narrowing), *fused_operators(flat))
        unread = [
            f"no output needs the input `{name}`, which the file keeps: give it any value"
            for name in deployed.unread_inputs
        ]
        return (*self.taken.notes, *self.ends.notes, *not_finite(suspect), *of_steps, *unread)

    def _written_early(
        self, path: Path, lowered: Callable[[], tuple[Deployed, Narrowing, Flat]]
    ) -> Written:
        """Write the tensors before it is known which ones the steps need, if it can be foreseen.

        `_OtherTensors` if it can't, or if the steps need others or have them in another form.
        """
        expected = [slot for slot in self.owned if slot.required]
        given = self.taken.tensors
        foreseen = not self.form.fold and self.form.narrow is None
        if not foreseen or not all(
            slot.key in given and self.ahead.covers(given[slot.key]) for slot in expected
        ):
            raise _OtherTensors
        values = self._numbers(Graph(self.form.opset, frozenset()), {})
        notes = cache(lambda: self._notes(*lowered(), values.not_finite(expected)))

        def model() -> ModelProto:
            deployed, narrowing, flat = lowered()
            needed = self._numbers(flat.graph, deployed.by_key).needed()
            if flat.graph.turned or list(map(_form, needed)) != list(map(_form, expected)):
                raise _OtherTensors
            made = self._model(deployed, narrowing, flat, needed)
            notes()  # while the tensors are written
            return made

        beside = self._write(path, model, values, expected)
        return Written(path, beside, notes())

    def _write(
        self,
        path: Path,
        model: Callable[[], ModelProto],
        values: TensorData,
        needed: Sequence[Slot],
    ) -> tuple[Path, ...]:
        from netlang.backends.onnx.model import front_of_model

        front = front_of_model(self.form.opset)
        tensors = [values.tensor(slot) for slot in needed]
        try:
            return write_model(path, front, model, tensors, self.form.inline_limit)
        except OSError:
            self.taken.require_whole()  # else the system says that an address is bad
            raise

    def _model(
        self, deployed: Deployed, narrowing: Narrowing, flat: Flat, needed: Sequence[Slot]
    ) -> ModelProto:
        """The model without its weights. Raises `NetlangError` if no runtime could have it."""
        from netlang.backends.onnx.deployed.blocks import outlined
        from netlang.backends.onnx.element_types import require_element_types
        from netlang.backends.onnx.kernels import require_kernels
        from netlang.backends.onnx.model import build_model

        program, form, net = self.program, self.form, deployed.program.net
        metadata = facts_of_spec(program, form.license, told=form.told)
        metadata |= self.ends.metadata(flat) | facts_of_precision(net, narrowing)
        model = build_model(program, flat, metadata, narrowing)
        require_element_types(program, model, needed, form.opset, HIGHEST_OPSET)
        if not form.any_runtime:
            require_kernels(program, model, needed, form.opset)
        if form.functions:
            calling, functions = outlined(program.net, [node.path for node in net.nodes], flat)
            model = build_model(program, calling, metadata, narrowing, functions)
        return model

    def _lowered(self) -> tuple[Deployed, Narrowing, Flat]:
        """The deployed net, the types that its steps compute in, and its graph."""
        from netlang.backends.onnx.precision.narrowed import settled
        from netlang.backends.onnx.steps import NO_NARROWING

        deployed = deploy(self.program) if self.form.fold else flattened(self.program)
        lowered, narrow = partial(self._graph, deployed), self.form.narrow
        if narrow is None:
            return deployed, NO_NARROWING, lowered(NO_NARROWING)

        def numbers(flat: Flat) -> TensorData:
            return self._numbers(flat.graph, deployed.by_key)

        return deployed, *settled(self.program, deployed.program.net, narrow, lowered, numbers)

    def _graph(self, deployed: Deployed, narrowing: Narrowing) -> Flat:
        from netlang.backends.onnx.deployed.fused import fuse
        from netlang.backends.onnx.deployed.transposes import merge_transposes
        from netlang.backends.onnx.steps import lowered_steps

        net, form = deployed.program.net, self.form
        graph = Graph(form.opset, self._reserved() | deployed.by_key.keys(), form.fused)
        pixels = self.ends.begin(graph, narrowing)
        flat = self.ends.finish(lowered_steps(net, graph, narrowing), pixels, narrowing)
        if form.fold:
            merge_transposes(flat)
        if form.fused:
            fuse(flat, net.inputs)
        return flat

    def _numbers(self, graph: Graph, folds: Mapping[str, FoldedMap]) -> TensorData:
        source = SpecTensors(self.owned, self.taken.tensors, self.ahead, self.seed)
        return TensorData(graph, source, folds)

    def _reserved(self) -> frozenset[str]:
        """Names that are reserved: inputs, outputs and weights."""
        net = self.program.net
        return frozenset(
            {port.name for port in net.inputs}
            | {output.name for output in net.outputs}
            | {slot.key for slot in self.owned}
        )


def _form(slot: Slot) -> tuple[str, tuple[int, ...], DType]:
    """What a file says of a tensor."""
    return slot.key, slot.weight.shape, slot.dtype
