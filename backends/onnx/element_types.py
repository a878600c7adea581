"""Checks that ONNX's operators accept the element types of a net."""

from __future__ import annotations

import re
from collections.abc import Iterable

import onnx
from onnx import helper, shape_inference

from netlang.backends.onnx.diagnostics import ElementsUnsupported
from netlang.backends.onnx.types import element_type
from netlang.backends.weights import Slot
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.ir.types import DType
from netlang.records import Record

__all__ = ["Refused", "refused", "require_element_types", "with_weights"]

_REFUSED = re.compile(r"op_type:(\w+), node name: (.*?)\): .*unsupported type: tensor\((\w+)\)")


def require_element_types(
    program: Program, model: onnx.ModelProto, weights: Iterable[Slot], opset: int, highest: int
) -> None:
    """Raise `NetlangError` where an operator is not defined for the net's floating-point type.

    All that ONNX has is defined for float32, so only other types are checked.
    """
    if program.floats is DType.FLOAT32:
        return
    if (found := refused(model, weights)) is not None:
        diagnostic = ElementsUnsupported(
            span=program.net.span, kind=found.kind, place=found.place, dtype=found.dtype,
            opset=opset, advice=_advice(found.kind, found.dtype, opset, highest),
        )  # fmt: skip
        raise NetlangError(diagnostic)


class Refused(Record):
    """An operator that isn't defined for a type, and the name of its node."""

    kind: str
    place: str
    dtype: str


def refused(model: onnx.ModelProto, weights: Iterable[Slot]) -> Refused | None:
    """The first operator that isn't defined for its types, by onnx's own type inference."""
    try:
        shape_inference.infer_shapes(with_weights(model, weights), check_type=True)
    except shape_inference.InferenceError as error:
        found = _REFUSED.search(str(error))
        if found is None:
            raise
        return Refused(*found.groups())
    return None


def with_weights(model: onnx.ModelProto, weights: Iterable[Slot]) -> onnx.ModelProto:
    """The model with its weights as inputs, so that their types are known."""
    typed = onnx.ModelProto()
    typed.CopyFrom(model)
    typed.graph.input.extend(
        helper.make_tensor_value_info(slot.key, element_type(slot.dtype), slot.weight.shape)
        for slot in weights
    )
    return typed


def _advice(kind: str, dtype: str, opset: int, highest: int) -> str:
    """The first opset that defines the operator for `dtype`, if there is one."""
    for later in range(opset + 1, highest + 1):
        schema = onnx.defs.get_schema(kind, later)
        if any(f"tensor({dtype})" in each.allowed_type_strs for each in schema.type_constraints):
            return f"write opset {later}, from which on `{kind}` is defined for it"
    return "declare the inputs as float32 or float16"
