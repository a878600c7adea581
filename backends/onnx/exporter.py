"""Exports a program as an ONNX file: flattening, weights and writing together."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.analysis.expand import require_writable
from netlang.backends.onnx.deployed.tensors import TensorData
from netlang.backends.onnx.diagnostics import NotFused, OpsetUnsupported
from netlang.backends.onnx.facts import facts_of_precision, facts_of_spec, facts_of_weights
from netlang.backends.onnx.releases import ANY_RELEASE, NEWEST, release_of
from netlang.backends.onnx.wire import INLINE_LIMIT, write_model
from netlang.backends.weights import (
    Given,
    Slot,
    WeightSource,
    constants,
    given,
    not_finite,
    slots,
)
from netlang.build import NET_ALONE, WHOLE, Ends, Fit, OnnxOptions, Written
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.passes.deploy import deploy
from netlang.passes.flat import flattened
from netlang.records import Record, no_collection

if TYPE_CHECKING:
    from netlang.backends.onnx.ends.around import Around
    from netlang.backends.onnx.precision.narrowed import Narrow
    from netlang.backends.onnx.steps import Flat
    from netlang.passes.deployed import Deployed
    from netlang.passes.narrow import Narrowing

__all__ = ["USUAL_FORM", "HIGHEST_OPSET", "LOWEST_OPSET", "OPSET", "Form", "export", "form_of"]

# Opset 21 is the newest that the oldest supported ONNX Runtime (1.20) implements.
OPSET = 21
# The first in which most operators are defined for bfloat16.
OPSET_OF_BFLOAT16 = 22
LOWEST_OPSET, HIGHEST_OPSET = 18, 23


class Form(Record):
    """How a file is written.

    Its operators are those of `opset`. A model above `inline_limit` bytes gets its weights in a
    file beside it. A file that ONNX Runtime can't load on a processor is refused, unless it is for
    `any_runtime`. With `fold`, steps that do nothing when deployed are left out, and batch norms
    folded into the maps beside them. A net of float32 computes in the type of `narrow`, if given.
    `ends` is what stands around the net. With `functions`, blocks are functions of the file.
    `license` is told in its metadata, and the spec, unless not `told`. If it is
    `fused`, it has operators that ONNX Runtime alone has.
    """

    opset: int = OPSET
    inline_limit: int = INLINE_LIMIT
    any_runtime: bool = False
    fold: bool = True
    narrow: Narrow | None = None
    ends: Ends = NET_ALONE
    functions: bool = False
    license: str | None = None
    told: bool = True
    fused: bool = False


USUAL_FORM = Form()


def form_of(options: OnnxOptions) -> Form:
    """The form that a user asks for. Raises `NetlangError` for what doesn't go together."""
    fused = options.runtime == ANY_RELEASE
    if fused:
        _require_fusable(options)
    return Form(
        opset=_opset_of(options),
        inline_limit=0 if options.external else INLINE_LIMIT,
        any_runtime=options.any_runtime,
        fold=options.fold,
        ends=options.ends,
        functions=options.functions,
        license=options.license,
        told=options.spec,
        fused=fused,
    )


def _require_fusable(options: OnnxOptions) -> None:
    """Raise `NetlangError` for what isn't for a file with operators of ONNX Runtime's own."""
    asked = {
        "fewer bits": options.low is not None,
        "`--no-fold`": not options.fold,
        "`--functions`": options.functions,
        "`--any-runtime`": options.any_runtime,
    }
    for what, is_asked in asked.items():
        if is_asked:
            raise NetlangError(NotFused(span=None, what=what, newest=f"1.{NEWEST}"))


def _opset_of(options: OnnxOptions) -> int:
    """The opset that is asked for, else the usual one, or an older one for an older runtime.

    A newer one has no advantage, and of some operators ONNX Runtime has no newer kernels.
    """
    low = options.low
    usual = OPSET_OF_BFLOAT16 if low is not None and low.kind == "bfloat16" else OPSET
    if options.runtime in (None, ANY_RELEASE):
        return usual if options.opset is None else options.opset
    release = release_of(options.runtime)
    return min(usual, release.opset) if options.opset is None else release.checked(options.opset)


def export(
    program: Program,
    path: str | Path,
    *,
    weights: WeightSource | None = None,
    seed: int = 0,
    fit: Fit = WHOLE,
    form: Form = USUAL_FORM,
) -> Written:
    """Write the deployed net of `program` to `path`.

    Weights come from a file or mapping by their ``state_dict`` keys, or from `seed`. Where they
    don't fit, a `NetlangError` says so; with `fit.partial`, what fits is loaded, the others come
    from `seed`, and a note names them. `form` says how the file is written.
    """
    from netlang.backends.onnx.ends.around import around

    _check_opset(form.opset)
    require_writable(program)
    mine = slots(program)
    taken = Given({}) if weights is None else given(program.name, mine, weights, fit)
    owned = (*mine, *constants(program))
    with no_collection():
        metadata = facts_of_spec(program, form.license, told=form.told)
        metadata |= facts_of_weights(taken.facts, weights, seed)
        ends = around(program, form.ends, taken.facts, weights, metadata)
        return _Export(program, owned, taken, seed, form, ends).written(Path(path))


class _Export(Record):
    """What is written: a net with its weights, how, and what stands around it.

    `owned` are the tensors of the spec, `taken` the numbers for some of them; `seed` draws others.
    """

    program: Program
    owned: tuple[Slot, ...]
    taken: Given
    seed: int
    form: Form
    ends: Around

    def written(self, path: Path) -> Written:
        from netlang.backends.onnx.deployed.blocks import outlined
        from netlang.backends.onnx.deployed.fused import fused_operators
        from netlang.backends.onnx.element_types import require_element_types
        from netlang.backends.onnx.kernels import require_kernels
        from netlang.backends.onnx.model import build_model
        from netlang.backends.onnx.precision.report import kept_in_float32

        program, form = self.program, self.form
        deployed = deploy(program) if form.fold else flattened(program)
        narrowing, flat = self._lowered(deployed)
        values = self._numbers(flat, deployed)
        needed = values.needed()
        of_precision = facts_of_precision(deployed.program.net, narrowing)
        metadata = {**self.ends.metadata(flat), **of_precision}
        model = build_model(program, flat, metadata, narrowing)
        require_element_types(program, model, needed, form.opset, HIGHEST_OPSET)
        if not form.any_runtime:
            require_kernels(program, model, needed, form.opset)
        if form.functions:
            paths = [node.path for node in deployed.program.net.nodes]
            calling, functions = outlined(program.net, paths, flat)
            model = build_model(program, calling, metadata, narrowing, functions)
        tensors = [values.tensor(slot) for slot in needed]
        beside = write_model(path, model, tensors, form.inline_limit)
        not_numbers = not_finite(values.not_finite(needed))
        of_steps = (*kept_in_float32(deployed.program.net, narrowing), *fused_operators(flat))
        unread = [
            f"no output needs the input `{name}`, which the file keeps: give it any value"
            for name in deployed.unread_inputs
        ]
        notes = (*self.taken.notes, *self.ends.notes, *not_numbers, *of_steps, *unread)
        return Written(path, beside, notes)

    def _lowered(self, deployed: Deployed) -> tuple[Narrowing, Flat]:
        """The graph of a deployed net, and the types that its steps compute in."""
        from netlang.backends.onnx.precision.narrowed import settled
        from netlang.backends.onnx.steps import NO_NARROWING

        lowered, narrow = partial(self._graph, deployed), self.form.narrow
        if narrow is None:
            return NO_NARROWING, lowered(NO_NARROWING)
        numbers = partial(self._numbers, deployed=deployed)
        return settled(self.program, deployed.program.net, narrow, lowered, numbers)

    def _graph(self, deployed: Deployed, narrowing: Narrowing) -> Flat:
        from netlang.backends.onnx.deployed.fused import fuse
        from netlang.backends.onnx.deployed.transposes import merge_transposes
        from netlang.backends.onnx.graph import Graph
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

    def _numbers(self, flat: Flat, deployed: Deployed) -> TensorData:
        return TensorData(flat.graph, self.owned, self.taken.tensors, deployed.by_key, self.seed)

    def _reserved(self) -> frozenset[str]:
        """Names that are reserved: inputs, outputs and weights."""
        net = self.program.net
        return frozenset(
            {port.name for port in net.inputs}
            | {output.name for output in net.outputs}
            | {slot.key for slot in self.owned}
        )


def _check_opset(opset: int) -> None:
    if not LOWEST_OPSET <= opset <= HIGHEST_OPSET:
        raise NetlangError(
            OpsetUnsupported(span=None, opset=opset, lowest=LOWEST_OPSET, highest=HIGHEST_OPSET)
        )
