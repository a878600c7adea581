"""The examples that a file is calibrated and compared on: given ones, or generated inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netlang.analysis.constraints import checked_sizes
from netlang.backends.onnx.diagnostics import ExamplesUnfit
from netlang.backends.onnx.verify.inputs import feeds_at
from netlang.backends.weights import numpy_type
from netlang.build import ExampleInputs
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.ir.types import TensorType
from netlang.targets import training_backend

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SEEN", "batches", "examples_for", "first_of"]

SEEN = 8
"""Examples of which the value of every step is compared; outputs are compared on all of them."""
_BATCH = 8
_LABEL = "label"


def _generated(program: Program) -> ExampleInputs:
    """Inputs from a normal distribution, at the default sizes."""
    sizes = {**checked_sizes(program, {}), "N": SEEN}
    return ExampleInputs(
        feeds_at(program, sizes, seed=0),
        about="generated inputs (--calibrate takes data)",
    )


def batches(examples: ExampleInputs) -> Iterator[dict[str, NDArray[Any]]]:
    """The examples in groups of a few, as a file takes them; the last group may be smaller."""
    for start in range(0, len(examples), _BATCH):
        yield {name: values[start : start + _BATCH] for name, values in examples.inputs.items()}


def first_of(examples: ExampleInputs) -> dict[str, NDArray[Any]]:
    """The examples of which the value of every step is compared."""
    return {name: values[:SEEN] for name, values in examples.inputs.items()}


def examples_for(program: Program, given: ExampleInputs | Path | None) -> ExampleInputs:
    """Examples in the types of the net's inputs, from a file or generated where none are given.

    Raises `NetlangError` if they aren't for the net.
    """
    if given is None:
        return _generated(program)
    return _typed(program, _read(program, given) if isinstance(given, Path) else given)


def _read(program: Program, path: Path) -> ExampleInputs:
    arrays = dict(training_backend().arrays(path))
    inputs = {port.name for port in program.net.inputs}
    labels = arrays.pop(_LABEL, None) if _LABEL not in inputs else None
    return ExampleInputs(arrays, labels, about=f"examples of `{path.name}`")


def _typed(program: Program, given: ExampleInputs) -> ExampleInputs:
    ports = {port.name: port.type for port in program.net.inputs}
    if given.inputs.keys() != ports.keys():
        raise _unfit(program, f"they are for {_listed(given.inputs)}, not {_listed(ports)}")
    counts = {name: len(values) if values.ndim else 0 for name, values in given.inputs.items()}
    if len({*counts.values()}) > 1:
        raise _unfit(program, "its inputs have different numbers of examples")
    if not all(counts.values()):
        raise _unfit(program, "there are no examples")
    if given.labels is not None and len(given.labels) != len(given):
        raise _unfit(program, "there aren't as many labels as examples")
    typed = {}
    for name, type_ in ports.items():
        values = given.inputs[name]
        if not _fits(values, type_):
            raise _unfit(program, f"`{name}` is {values.dtype}{list(values.shape)}, not {type_}")
        typed[name] = values.astype(numpy_type(type_.dtype), copy=False)
    return ExampleInputs(typed, given.labels, given.scores, given.about)


def _fits(values: NDArray[Any], type_: TensorType) -> bool:
    if type_.batch is None or (values.dtype.kind == "f") is not type_.dtype.is_float:
        return False
    pairs = zip(values.shape[1:], type_.shape, strict=False)
    alike = all(not isinstance(size, int) or size == given for given, size in pairs)
    return alike and values.ndim == type_.rank + 1


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def _unfit(program: Program, reason: str) -> NetlangError:
    return NetlangError(ExamplesUnfit(span=program.net.span, net=program.name, reason=reason))
