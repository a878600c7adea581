"""Exports a program as an ONNX file: flattening, weights and writing together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.analysis.expand import require_writable
from netlang.backends.onnx.diagnostics import OpsetUnsupported
from netlang.backends.onnx.facts import facts_of_weights
from netlang.backends.onnx.types import element_type
from netlang.backends.onnx.wire import INLINE_LIMIT, LARGE, PHASES, Tensor, write_model
from netlang.backends.weights import (
    Given,
    Slot,
    Stored,
    WeightSource,
    constants,
    given,
    initial,
    not_finite,
    numpy_type,
    slots,
    suspects,
)
from netlang.build import WHOLE, Fit, Written
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.records import Record, no_collection

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["HIGHEST_OPSET", "LOWEST_OPSET", "OPSET", "export"]

# Opset 21 is the newest that the oldest supported ONNX Runtime (1.20) implements.
OPSET = 21
LOWEST_OPSET, HIGHEST_OPSET = 18, 23


class _Form(Record):
    """How a file is written: see `export`."""

    opset: int
    inline_limit: int
    any_runtime: bool


def export(
    program: Program,
    path: str | Path,
    *,
    weights: WeightSource | None = None,
    seed: int = 0,
    opset: int = OPSET,
    fit: Fit = WHOLE,
    inline_limit: int = INLINE_LIMIT,
    any_runtime: bool = False,
) -> Written:
    """Write the deployed net of `program` to `path`.

    Weights come from a file or mapping by their ``state_dict`` keys, or from `seed`. Where they
    don't fit, a `NetlangError` says so; with `fit.partial`, what fits is loaded, the others come
    from `seed`, and a note names them. A model above `inline_limit` bytes gets its weights in a
    file ``<path>.data`` beside it. A file that ONNX Runtime can't load on a processor is refused,
    unless it is for `any_runtime`.
    """
    _check_opset(opset)
    require_writable(program)
    owned = slots(program)
    taken = Given({}) if weights is None else given(program.name, owned, weights, fit)
    with no_collection():
        metadata = facts_of_weights(taken.facts, weights, seed)
        form = _Form(opset, inline_limit, any_runtime)
        return _written(program, Path(path), owned, taken, metadata, seed, form)


def _written(
    program: Program,
    path: Path,
    owned: tuple[Slot, ...],
    taken: Given,
    metadata: Mapping[str, str],
    seed: int,
    form: _Form,
) -> Written:
    from netlang.backends.onnx.element_types import require_element_types
    from netlang.backends.onnx.flatten import flatten
    from netlang.backends.onnx.graph import Graph
    from netlang.backends.onnx.kernels import require_kernels
    from netlang.backends.onnx.model import build_model

    owned += constants(program)
    flat = flatten(program, Graph(form.opset, _reserved(program, owned)))
    needed = [slot for slot in owned if slot.key in flat.graph.weights]
    stored = {slot.key: taken.tensors.get(slot.key) for slot in needed}
    suspect: set[str] = set()
    tensors = [_tensor(slot, stored[slot.key], seed, suspect) for slot in needed]
    model = build_model(program, flat, metadata)
    require_element_types(program, model, needed, form.opset, HIGHEST_OPSET)
    if not form.any_runtime:
        require_kernels(program, model, needed, form.opset)
    beside = write_model(path, model, tensors, form.inline_limit)
    small = {t.name: found for t in tensors if t.size < LARGE and (found := stored[t.name])}
    suspect |= suspects(small)
    return Written(path, beside, (*taken.notes, *not_finite([k for k in stored if k in suspect])))


def _check_opset(opset: int) -> None:
    if not LOWEST_OPSET <= opset <= HIGHEST_OPSET:
        raise NetlangError(
            OpsetUnsupported(span=None, opset=opset, lowest=LOWEST_OPSET, highest=HIGHEST_OPSET)
        )


def _reserved(program: Program, owned: tuple[Slot, ...]) -> frozenset[str]:
    """Names that are reserved: inputs, outputs and weights."""
    return frozenset(
        {port.name for port in program.net.inputs}
        | {output.name for output in program.net.outputs}
        | {slot.key for slot in owned}
    )


def _tensor(slot: Slot, stored: Stored | None, seed: int, suspect: set[str]) -> Tensor:
    """The data to write for a weight.

    When the data of a large weight are made and not all values are finite, its key is added to
    `suspect`. The check is done here, while the values are in the processor's cache.
    """
    weight = slot.weight
    size = weight.elements * numpy_type(slot.dtype).itemsize

    def data() -> NDArray[np.generic]:
        if stored is None:
            return initial(slot, seed)
        if size >= LARGE and not stored.finite():
            suspect.add(slot.key)
        return stored.array(slot.dtype)

    phase = stored.address % PHASES if stored is not None and size >= LARGE else 0
    return Tensor(slot.key, element_type(slot.dtype), weight.shape, size, data, phase)
