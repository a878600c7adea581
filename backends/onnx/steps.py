"""Lowers the steps of a flat net, in order.

On exit, every step was lowered exactly once, and `Flat.outputs` names the value of each output.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from netlang.backends.onnx.diagnostics import IntegerTooLarge, OperatorUnsupported
from netlang.backends.onnx.emitter import Emitter, PlacedOperator
from netlang.backends.onnx.graph import BeyondInt64, Graph, refuse_beyond
from netlang.backends.onnx.lowering import UNSUPPORTED
from netlang.backends.onnx.lowering.one_example import lower_step
from netlang.backends.onnx.sizes import SizeNodes
from netlang.backends.weights import join
from netlang.diagnostics.errors import InternalError, NetlangError
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Ref
from netlang.ir.types import TensorType, Types
from netlang.source import Span

__all__ = ["Flat", "lowered_steps"]


@dataclass(frozen=True, eq=False)
class Flat:
    """The graph, the types of the steps' values, and the value of every output."""

    graph: Graph
    types: dict[str, TensorType] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


def lowered_steps(net: Function, graph: Graph) -> Flat:
    """Lower the steps of a flat net into `graph`, which must be empty."""
    flat = Flat(graph)
    for port in net.inputs:
        _check_sizes(port.type, net.span)
    steps, values = _Steps(flat, SizeNodes(graph, net.inputs)), dict[Ref, str]()
    for index, port in enumerate(net.inputs):
        values[Ref(INPUT, index)] = port.name
    for number, node in enumerate(net.nodes):
        names = steps.lowered(node, net.input_types(node), [values[ref] for ref in node.inputs])
        values.update({Ref(number, index): name for index, name in enumerate(names)})
    flat.outputs.update({output.name: values[output.ref] for output in net.outputs})
    return flat


@dataclass(frozen=True, eq=False)
class _Steps:
    """Lowers one step after the other."""

    flat: Flat
    sizes: SizeNodes

    def lowered(self, node: Node, types: Types, inputs: list[str]) -> tuple[str, ...]:
        """Lower a step that reads values of `types`; returns the names of its own."""
        op = node.callee
        assert isinstance(op, Op)
        own = len(inputs) - len(op.given)
        keys = dict(zip(op.given, inputs[own:], strict=True))
        keys.update({tie.name: join(tie.module, tie.weight) for tie in node.tied})
        weights = {weight.name: weight for weight in op.weights(types)}
        step = PlacedOperator(
            node.path, node.module, op, tuple(inputs[:own]), types[:own], node.types, weights, keys
        )
        return self._step(step, node)

    def _step(self, step: PlacedOperator, node: Node) -> tuple[str, ...]:
        kind = type(step.op)
        if kind in UNSUPPORTED:
            raise NetlangError(
                OperatorUnsupported(span=node.span, operator=kind.name, reason=UNSUPPORTED[kind])
            )
        try:
            names = lower_step(Emitter(self.flat.graph, self.sizes, step))
        except BeyondInt64 as beyond:
            diagnostic = IntegerTooLarge(span=node.span, number=beyond.number)
            raise NetlangError(diagnostic) from None
        if len(names) != len(step.outputs):
            raise InternalError(f"the ONNX lowering of `{kind.name}` gives {len(names)} outputs")
        for name, type_ in zip(names, step.outputs, strict=True):
            _check_sizes(type_, node.span)
            self.flat.types.setdefault(name, type_)
        return names


def _check_sizes(type_: TensorType, span: Span) -> None:
    try:
        refuse_beyond(type_.shape)
    except BeyondInt64 as beyond:
        raise NetlangError(IntegerTooLarge(span=span, number=beyond.number)) from None
