"""What the ONNX tests share: one-operator programs, random weights, running and checking files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import cast

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from netlang.backends.onnx import runtime
from netlang.backends.weights import Slot, initial, slots
from netlang.elaborate import load_program
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Output, Port, Program, Ref, Size
from netlang.ir.types import DType, Types
from netlang.ir.weights import Constant, Diagonal, Evenly, Literal, WindowOffsets
from netlang.source import Source, Span

__all__ = [
    "Arrays", "check_file", "largest_difference", "program_in", "program_of",
    "random_weights", "run", "run_reference",
]  # fmt: skip

Arrays = dict[str, NDArray[np.generic]]
SPAN = Span(Source("<test>", "net"), 0, 3)


def program_of(op: Op, inputs: Types, sizes: Mapping[str, int]) -> Program:
    """A net of one step called `step`; inputs `x0`, outputs `y0` and so on."""
    types = op.infer(inputs).outputs
    ports = tuple(Port(f"x{index}", x) for index, x in enumerate(inputs))
    node = Node("step", op, tuple(Ref(INPUT, i) for i in range(len(inputs))), types, SPAN, "step")
    outputs = tuple(Output(f"y{index}", Ref(0, index)) for index in range(len(types)))
    net = Function("net", {}, ports, (node,), outputs, SPAN)
    return Program("net", net, tuple(Size(n, s, SPAN) for n, s in sizes.items()), ())


def program_in(folder: Path, text: str) -> Program:
    """The program of a spec that is written to a folder."""
    path = folder / "spec.net"
    path.write_text(text, encoding="utf-8")
    return load_program(str(path))


def random_weights(program: Program, seed: int = 0) -> Arrays:
    """Values for every key, variances positive, far from what a net starts with."""
    generator = np.random.default_rng(seed)
    owned = slots(program)
    own = {slot.key: _given(slot, generator) for slot in owned if slot.tied is None}
    return own | {slot.key: own[slot.tied] for slot in owned if slot.tied is not None}


_FIXED = (WindowOffsets, Constant, Diagonal, Evenly, Literal)


def _given(slot: Slot, generator: np.random.Generator) -> NDArray[np.generic]:
    """Random values, but for a buffer of fixed numbers; floats are of single precision."""
    weight = slot.weight
    if weight.buffer and isinstance(weight.init, _FIXED):
        made = initial(slot, 0)
        return made if slot.dtype is DType.INT64 else made.astype(np.float32)
    return _random(slot.key, weight.shape, generator)


def _random(
    key: str, shape: tuple[int, ...], generator: np.random.Generator
) -> NDArray[np.generic]:
    if key.endswith("num_batches_tracked"):
        return np.array(7, np.int64)
    values = generator.standard_normal(shape, np.float32)
    if key.endswith("running_var"):
        return np.abs(values) + np.float32(0.5)
    fan_in = max(1, int(np.prod(shape[1:])))
    return values if len(shape) < 2 else values / np.float32(np.sqrt(fan_in))


def check_file(path: Path) -> onnx.ModelProto:
    """The model, after everything that the onnx package can check of it."""
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return model


def run(path: Path, feeds: Mapping[str, NDArray[np.generic]]) -> Sequence[NDArray[np.generic]]:
    """The outputs of ONNX Runtime on one CPU thread."""
    module = _runtime()
    options = module.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = module.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, dict(feeds))
    for value, declared in zip(outputs, session.get_outputs(), strict=True):
        fixed = [size if isinstance(size, int) else None for size in declared.shape]
        assert len(value.shape) == len(fixed)
        assert all(want in (None, size) for size, want in zip(value.shape, fixed, strict=True))
    return cast("Sequence[NDArray[np.generic]]", outputs)


@cache
def _runtime() -> ModuleType:
    """Looked up once: which packages are installed is read from the disk."""
    return runtime()


def run_reference(
    model: onnx.ModelProto, feeds: Mapping[str, NDArray[np.generic]]
) -> Sequence[NDArray[np.generic]]:
    """The outputs of the evaluator that comes with the onnx package."""
    outputs = ReferenceEvaluator(model).run(None, dict(feeds))
    return cast("Sequence[NDArray[np.generic]]", outputs)


def largest_difference(found: NDArray[np.generic], expected: NDArray[np.generic]) -> float:
    """max|a - b| as a share of max|b|, infinite where shapes or types differ."""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return float("inf")
    scale = float(np.abs(expected).max(initial=0)) or 1.0
    difference = found.astype(np.float64) - expected.astype(np.float64)
    return float(np.abs(difference).max(initial=0)) / scale
