"""The net in a file that also prepares images or makes classes of scores."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
from onnx import helper

from netlang.backends.onnx.ends.interface import DeclaredValue, interface_of
from netlang.backends.onnx.steps import NO_NARROWING
from netlang.ir.program import Program

__all__ = ["cut_to_net"]


def cut_to_net(graph: onnx.GraphProto, program: Program) -> bool:
    """Leave of a graph what lies between the inputs and outputs of a net, if it has more.

    Returns whether it had: then it makes values with the names of the net's inputs or outputs, and
    declares others.
    """
    net = interface_of(program, NO_NARROWING)
    made = {name for node in graph.node for name in node.output}
    taken, given = ({each.name for each in ends} for ends in (graph.input, graph.output))
    inputs, outputs = ([each.name for each in ends] for ends in (net.inputs, net.outputs))
    inner = (made & {*inputs}) | (made & {*outputs}) - given
    if not inner or not {*inputs} <= made | taken or not {*outputs} <= made:
        return False
    nodes: list[onnx.NodeProto] = []
    for node in _between(graph, {*inputs}, {*outputs}):
        kept = onnx.NodeProto()
        kept.CopyFrom(node)
        nodes.append(kept)
    for name in ("node", "input", "output"):
        graph.ClearField(name)
    graph.node.extend(reversed(nodes))
    graph.input.extend(map(_value, net.inputs))
    graph.output.extend(map(_value, net.outputs))
    return True


def _between(
    graph: onnx.GraphProto, inputs: set[str], outputs: set[str]
) -> Iterator[onnx.NodeProto]:
    """The nodes that the outputs need, from the last, up to those that make inputs."""
    needed = outputs - inputs
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            yield node
            needed |= set(node.input) - inputs


def _value(declared: DeclaredValue) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(declared.name, declared.element, declared.shape)
