"""The model's protobuf messages, except for the data of the weights.

On exit, inputs and outputs have the spec's names and types, sizes that depend on the input are
named by their formulas, and the conditions on them are in the metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import onnx
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from onnx import helper, numpy_helper

from netlang.analysis.constraints import solve
from netlang.backends.onnx.deployed.blocks import DOMAIN, FileFunction
from netlang.backends.onnx.diagnostics import NameOfTwoValues
from netlang.backends.onnx.ends.interface import DeclaredValue, interface_of
from netlang.backends.onnx.graph import OF_RUNTIME, Attribute, Operation
from netlang.backends.onnx.steps import NO_NARROWING, Flat
from netlang.backends.onnx.types import element_type
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.ir.types import TensorType
from netlang.passes.narrow import Narrowing

__all__ = ["build_model", "front_of_model"]


def front_of_model(opset: int) -> onnx.ModelProto:
    """The fields of a model that come before its graph."""
    from netlang import __version__

    version = helper.find_min_ir_version_for([helper.make_opsetid("", opset)])
    return onnx.ModelProto(
        ir_version=version, producer_name="netlang", producer_version=__version__
    )


def build_model(
    program: Program,
    flat: Flat,
    metadata: Mapping[str, str],
    narrowing: Narrowing = NO_NARROWING,
    functions: Sequence[FileFunction] = (),
) -> onnx.ModelProto:
    """The model of a flattened program: with some more `metadata`, without the weights' data.

    Inputs and outputs have the types that `narrowing` gives them; nodes may call the `functions`.
    """
    model = front_of_model(flat.graph.opset)
    graph = model.graph
    graph.name, graph.doc_string = program.name, program.doc or ""
    _check_names(program, flat)
    renamed, copied = _rename_outputs(flat)
    for operation in (*flat.graph.operations, *copied):
        _add_node(graph.node, operation, renamed)
    types = _Types()
    interface = flat.interface or interface_of(program, narrowing)
    graph.input.extend(map(_value_info, interface.inputs))
    graph.output.extend(map(_value_info, interface.outputs))
    shown = {value.name for values in (graph.input, graph.output) for value in values}
    for name, type_ in flat.types.items():
        new = renamed.get(name, name)
        if new not in shown and new not in flat.graph.weights:
            graph.value_info.add(name=new, type=types.of(type_))
    graph.initializer.extend(
        numpy_helper.from_array(values, name) for name, values in flat.graph.constants.items()
    )
    opsets = [helper.make_opsetid("", flat.graph.opset)]
    opsets += _other_opsets(flat, functions)
    model.opset_import.extend(opsets)
    model.functions.extend(_function(each, opsets) for each in functions)
    helper.set_model_props(model, {**dict(_metadata(program)), **metadata})
    return model


def _other_opsets(
    flat: Flat, functions: Sequence[FileFunction]
) -> Iterator[onnx.OperatorSetIdProto]:
    """The versions of what isn't ONNX's own."""
    if any(each.domain == OF_RUNTIME for each in flat.graph.operations):
        yield helper.make_opsetid(OF_RUNTIME, 1)
    if functions:
        yield helper.make_opsetid(DOMAIN, 1)


def _value_info(value: DeclaredValue) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(value.name, value.element, value.shape)


def _check_names(program: Program, flat: Flat) -> None:
    """Refuse an output that has the name of another value."""
    inputs = {port.name for port in program.net.inputs}
    for name, value in flat.outputs.items():
        other = "an input" if name in inputs else "a learned tensor"
        if name in inputs or (name in flat.graph.weights and name != value):
            raise NetlangError(
                NameOfTwoValues(span=program.net.span, name=name, other=other, net=program.net.name)
            )


def _rename_outputs(flat: Flat) -> tuple[dict[str, str], list[Operation]]:
    """Give every output its declared name.

    Returns the new names of values, and an Identity node for each value that is an input, a weight
    or an output already.
    """
    made = {name for operation in flat.graph.operations for name in operation.outputs}
    renamed: dict[str, str] = {}
    copied = []
    for name, value in flat.outputs.items():
        if value in made and value not in renamed:
            renamed[value] = name
        elif value != name:
            copied.append(Operation("Identity", name, (value,), (name,), {}))
    return renamed, copied


def _function(
    function: FileFunction, opsets: Sequence[onnx.OperatorSetIdProto]
) -> onnx.FunctionProto:
    made = onnx.FunctionProto(
        domain=DOMAIN, name=function.name, doc_string=function.doc or "", opset_import=opsets,
        input=function.inputs, output=function.outputs,
    )  # fmt: skip
    for name, values in function.constants.items():
        tensor = numpy_helper.from_array(values)
        made.node.append(helper.make_node("Constant", [], [name], name, value=tensor))
    for operation in function.operations:
        _add_node(made.node, operation, {})
    return made


def _add_node(
    nodes: RepeatedCompositeFieldContainer[onnx.NodeProto],
    operation: Operation,
    renamed: Mapping[str, str],
) -> None:
    node = nodes.add(
        op_type=operation.kind,
        name=operation.name,
        domain=operation.domain,
        input=[renamed.get(name, name) for name in operation.inputs],
        output=[renamed.get(name, name) for name in operation.outputs],
    )
    for name, value in operation.attributes.items():
        kind, field, content = _attribute(value)
        node.attribute.add(name=name, type=kind, **{field: content})


def _attribute(value: Attribute) -> tuple[int, str, object]:
    """An attribute's type, the message field that holds it, and its content."""
    if isinstance(value, str):
        return onnx.AttributeProto.STRING, "s", value.encode()
    if isinstance(value, float):
        return onnx.AttributeProto.FLOAT, "f", value
    if isinstance(value, int):
        return onnx.AttributeProto.INT, "i", value
    if value and isinstance(value[0], str):
        return onnx.AttributeProto.STRINGS, "strings", [str(text).encode() for text in value]
    return onnx.AttributeProto.INTS, "ints", value


class _Types:
    """The type messages, each made once since most values share theirs with others."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[TensorType, onnx.TypeProto]] = {}

    def of(self, type_: TensorType) -> onnx.TypeProto:
        found = self._known.get(id(type_))
        if found is None:
            # The type is kept, so that its identity stays its own.
            found = self._known[id(type_)] = type_, _message(type_)
        return found[1]


def _message(type_: TensorType) -> onnx.TypeProto:
    sizes = type_.shape if type_.batch is None else (type_.batch, *type_.shape)
    shape = [int(size) if isinstance(size, int) else str(size) for size in sizes]
    return helper.make_tensor_type_proto(element_type(type_.dtype), shape)


def _metadata(program: Program) -> Iterator[tuple[str, str]]:
    yield "netlang.net", program.name
    if program.sizes:
        yield "netlang.sizes", "\n".join(f"{size.name} = {size.default}" for size in program.sizes)
    if texts := solve(program).texts:
        yield "netlang.constraints", "\n".join(texts)
