"""Files in 8-bit integers: static QDQ, through onnxruntime.quantization.

Weights have a scale for each output channel, since one for a tensor collapses depthwise nets; a
value has one, from its range on the examples. Sums, pools and rectifiers are quantized with the
maps, so that integers go from one to the next; curves, norms and softmax stay in float32. Where the
scale of a channel is so small that the bias overflows in int32, the package enlarges the scale.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import onnx
from onnx import helper

from netlang.atomic import replace_file
from netlang.backends.onnx.precision.examples import batches
from netlang.backends.onnx.runtime import quantization
from netlang.build import ExampleInputs, LowPrecision, Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Integers", "write_integers"]

_KINDS = [
    "Add", "AveragePool", "Clip", "Concat", "Conv", "ConvTranspose", "Flatten", "Gemm",
    "GlobalAveragePool", "MatMul", "MaxPool", "Pad", "Relu", "Reshape", "Transpose",
]  # fmt: skip
"""Operators that are quantized."""
_METHODS = {"minmax": "MinMax", "entropy": "Entropy", "percentile": "Percentile"}
_PERCENTILE = {"percentile": 99.99}


@final
class Integers:
    """A file in float32, with the ranges of its values on examples, from which integers are made.

    Where it is to be symmetric, zero is 0 in values as in weights, which some providers require.
    """

    def __init__(
        self,
        path: Path,
        examples: ExampleInputs,
        low: LowPrecision,
        progress: Callable[[str], None],
    ) -> None:
        self._path, self._symmetric = path, low.symmetric
        self._ranges = _ranges(path, examples, low.method, progress)

    def without(self, kept: Collection[str], path: Path | None = None) -> onnx.ModelProto:
        """The file in integers; the steps in `kept` and those without ranges stay in float32.

        With `path`, it is another file, of the same net with something around it.
        """
        tools, model = quantization(), onnx.load(path or self._path)
        unranged = {*_unranged(model.graph, self._ranges)}
        left = [
            node.name
            for node in model.graph.node
            if node.name.split("/", 1)[0] in kept or node.name in unranged
        ]
        values = tools.QuantType.QInt8 if self._symmetric else tools.QuantType.QUInt8
        with _quiet():
            quantizer = tools.qdq_quantizer.QDQQuantizer(
                model, per_channel=True, reduce_range=False,
                weight_qType=tools.QuantType.QInt8, activation_qType=values,
                tensors_range=self._ranges, nodes_to_quantize=[], nodes_to_exclude=left,
                op_types_to_quantize=_KINDS,
                extra_options={"ActivationSymmetric": self._symmetric},
            )  # fmt: skip
            quantizer.quantize_model()
        made: onnx.ModelProto = quantizer.model.model
        return made


def _unranged(graph: onnx.GraphProto, ranges: Any) -> Iterator[str]:
    """Nodes that read or make a value without a finite range.

    One that no example reaches has none: onnxruntime#11928.
    """
    import numpy as np

    known = {tensor.name for tensor in graph.initializer}
    known |= {
        name
        for name, each in ranges.items()
        if all(np.isfinite(value).all() for value in each.range_value)
    }
    for node in graph.node:
        if node.op_type in _KINDS and not known.issuperset({*node.input, *node.output} - {""}):
            yield node.name


def _ranges(
    path: Path, examples: ExampleInputs, method: Method, progress: Callable[[str], None]
) -> Any:
    """The range of every value on the examples, a few of which are in memory at a time."""
    tools = quantization()
    with _quiet():
        calibrator = tools.calibrate.create_calibrator(
            path, None, str(path.with_suffix(".calibrated.onnx")),
            getattr(tools.CalibrationMethod, _METHODS[method]),
            extra_options=_PERCENTILE if method == "percentile" else {},
        )  # fmt: skip
        calibrator.set_execution_providers(["CPUExecutionProvider"])
    seen = 0
    for feeds in batches(examples):
        progress(f"calibrating: {seen:,} of {len(examples):,} examples")
        seen += len(next(iter(feeds.values())))
        with _quiet():
            calibrator.collect_data(_Reader(feeds))
    progress("calibrating: ranges")
    with _quiet():
        return calibrator.compute_data()


@final
class _Reader:
    """What onnxruntime.quantization reads inputs from: here one group of examples."""

    def __init__(self, feeds: Mapping[str, NDArray[Any]]) -> None:
        self._feeds: Iterator[Mapping[str, NDArray[Any]]] = iter((feeds,))

    def get_next(self) -> Mapping[str, NDArray[Any]] | None:
        return next(self._feeds, None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hides what the package prints, and its advice on models that it hasn't prepared itself."""
    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        logger.setLevel(before)


def write_integers(
    path: Path, model: onnx.ModelProto, low: LowPrecision, examples: ExampleInputs, kept: list[str]
) -> None:
    """Write a file in integers, with metadata on how it was made."""
    facts = {each.key: each.value for each in model.metadata_props}
    facts.pop("onnx.infer", None)  # the package's own mark
    facts["netlang.precision"] = "int8"
    facts["netlang.float32"] = ", ".join(kept)
    facts["netlang.calibration"] = f"{low.method} on {len(examples):,} {examples.about}"
    helper.set_model_props(model, {key: text for key, text in facts.items() if text})
    replace_file(path, model.SerializeToString(deterministic=True), flushed=False)
