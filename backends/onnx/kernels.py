"""Checks that ONNX Runtime has a kernel for every node of a file.

A file may be valid and still be of no use: on a processor ONNX Runtime implements every operator
for float32 and float16, but few for bfloat16 and not all for float64. What it lacks, as of version
1.31, stands here; a test asks it about every operator, type and opset.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import onnx
from onnx import shape_inference

from netlang.backends.onnx.diagnostics import NoKernel
from netlang.backends.onnx.element_types import with_weights
from netlang.backends.onnx.types import dtype_of
from netlang.backends.weights import Slot
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.ir.types import DType

__all__ = ["require_kernels"]

_ALWAYS = 1
_IN_FLOAT64 = {
    **dict.fromkeys(
        (
            "AveragePool", "Conv", "ConvTranspose", "Erf", "GRU", "GlobalAveragePool",
            "GlobalMaxPool", "InstanceNormalization", "LRN", "LSTM", "MaxRoiPool", "RNN", "Resize",
        ),
        _ALWAYS,
    ),
    **dict.fromkeys(("Elu", "HardSigmoid", "HardSwish", "LeakyRelu", "PRelu", "Softplus"), 19),
    "RoiAlign": 22,
}  # fmt: skip
"""The first opset from which on an operator has no kernel for float64."""
_IN_OTHERS = {"MaxRoiPool": 22, "RoiAlign": 22}
"""The same for float32 and float16."""
_IN_BFLOAT16 = frozenset(
    {
        "Cast", "Concat", "Flatten", "Gather", "Identity", "LayerNormalization", "Reshape", "Slice",
        "Shape", "Split", "Squeeze", "Transpose", "Unsqueeze",
    }
)  # fmt: skip
"""The operators that have a kernel for bfloat16: of those that compute, one."""
_IN_WHOLE = {
    "DepthToSpace": frozenset({DType.INT64, DType.INT32, DType.BOOL}),
    "Where": frozenset({DType.BOOL}),
}
"""For operators that ONNX defines for all types, those of integers and truth values without one."""
_SUSPECT = _IN_OTHERS.keys() | _IN_WHOLE.keys()


def require_kernels(
    program: Program, model: onnx.ModelProto, weights: Iterable[Slot], opset: int
) -> None:
    """Raise `NetlangError` at the first node that ONNX Runtime doesn't implement on a processor.

    The model doesn't have its `weights` yet.
    """
    nodes = model.graph.node
    if program.floats in (DType.FLOAT32, DType.FLOAT16) and not any(
        node.op_type in _SUSPECT for node in nodes
    ):
        return
    types = _types(model, weights)
    for node in nodes:
        for dtype in _read(node, types):
            if not _is_implemented(_computed(node), dtype, opset):
                raise NetlangError(_no_kernel(program, node, dtype, opset))


def _no_kernel(program: Program, node: onnx.NodeProto, dtype: DType, opset: int) -> NoKernel:
    return NoKernel(
        span=program.net.span,
        kind=node.op_type,
        place=node.name,
        dtype=dtype.value,
        opset=opset,
        advice=_advice(_computed(node), dtype, opset),
    )


def _types(model: onnx.ModelProto, weights: Iterable[Slot]) -> dict[str, DType]:
    graph = shape_inference.infer_shapes(with_weights(model, weights)).graph
    values = (*graph.input, *graph.value_info, *graph.output)
    found = ((value.name, dtype_of(value.type.tensor_type.elem_type)) for value in values)
    return {name: dtype for name, dtype in found if dtype is not None}


def _computed(node: onnx.NodeProto) -> str:
    """The operator whose kernel a node needs: that of the error function for an exact GELU."""
    exact = node.op_type == "Gelu" and not any(each.s == b"tanh" for each in node.attribute)
    return "Erf" if exact else node.op_type


def _read(node: onnx.NodeProto, types: dict[str, DType]) -> Iterator[DType]:
    """The type of the first value that a node reads, which its kernel is for, and its floats."""
    names = node.input[1:] if node.op_type == "Where" else node.input
    found = [types[name] for name in names if name in types]
    yield from found[:1]
    yield from (dtype for dtype in found[1:] if dtype.is_float)


def _is_implemented(kind: str, dtype: DType, opset: int) -> bool:
    if not dtype.is_float:
        return dtype not in _IN_WHOLE.get(kind, ())
    if dtype is DType.BFLOAT16:
        return kind in _IN_BFLOAT16
    lacking = _IN_FLOAT64 if dtype is DType.FLOAT64 else _IN_OTHERS
    return opset < lacking.get(kind, opset + 1)


def _advice(kind: str, dtype: DType, opset: int) -> str:
    """How to get a file that runs."""
    otherwise = "`--any-runtime` writes the file for runtimes that do"
    lacking = _IN_FLOAT64 if dtype is DType.FLOAT64 else _IN_OTHERS
    first = lacking.get(kind, _ALWAYS)
    if dtype is not DType.BFLOAT16 and _ALWAYS < first <= opset:
        return f"write `--opset {first - 1}`, which it does compute, or {otherwise}"
    if not dtype.is_float:
        return f"use floats, or {otherwise}"
    return f"declare the inputs as float32 or float16, or {otherwise}"
