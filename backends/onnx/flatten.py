"""Flattens the hierarchical IR: one pass over the steps of the deployed net.

On exit, every step outside the auxiliary heads was lowered exactly once, in order, and
`Flat.outputs` names the value of each deployed output.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from netlang.ir.program import INPUT, Function, Node, Program, Ref
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.source import Span

__all__ = ["Flat", "flatten"]


@dataclass(frozen=True, eq=False)
class Flat:
    """The graph, the types of the steps' values, and the value of every output."""

    graph: Graph
    types: dict[str, TensorType] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


def flatten(program: Program, graph: Graph) -> Flat:
    """Lower `program` into `graph`, which must be empty."""
    net = program.net
    flat = Flat(graph)
    for port in net.inputs:
        _check_sizes(port.type, net.span)
    walker = _Walker(flat, SizeNodes(graph, net.inputs))
    values = walker.function(net, "", "", tuple(port.name for port in net.inputs))
    for index, output in enumerate(net.outputs):
        if not output.auxiliary:
            flat.outputs[output.name] = values[index]
    return flat


@dataclass(frozen=True, eq=False)
class _Walker:
    """Lowers one instance of a function after the other.

    `known` caches, by a node's identity, what all of its instances have in common.
    """

    flat: Flat
    sizes: SizeNodes
    known: dict[int, tuple[Types, dict[str, Weight]]] = field(default_factory=dict)

    def function(
        self, function: Function, path: str, module: str, inputs: tuple[str, ...]
    ) -> dict[int, str]:
        """Lower a function's steps; returns its deployed outputs by index."""
        values = {Ref(INPUT, index): name for index, name in enumerate(inputs)}
        for number, node in enumerate(function.nodes):
            if not node.auxiliary:
                for index, name in self._node(function, node, path, module, values).items():
                    values[Ref(number, index)] = name
        return {
            index: values[output.ref]
            for index, output in enumerate(function.outputs)
            if not output.auxiliary
        }

    def _node(
        self, function: Function, node: Node, path: str, module: str, values: Mapping[Ref, str]
    ) -> dict[int, str]:
        inputs = tuple(values[ref] for ref in node.inputs)
        place, owner = path + node.path, module + node.module
        if isinstance(node.callee, Function):
            return self.function(node.callee, f"{place}.", f"{owner}.", inputs)
        types, weights = self._facts(function, node, node.callee)
        given = node.callee.given
        own = len(inputs) - len(given)
        keys = dict(zip(given, inputs[own:], strict=True))
        keys.update({tie.name: join(module + tie.module, tie.weight) for tie in node.tied})
        step = PlacedOperator(
            place, owner, node.callee, inputs[:own], types[:own], node.types, weights, keys
        )
        return self._step(step, node)

    def _facts(self, function: Function, node: Node, op: Op) -> tuple[Types, dict[str, Weight]]:
        """The types that a node reads and the weights that it owns, by name."""
        if id(node) not in self.known:
            types = function.input_types(node)
            weights = {weight.name: weight for weight in op.weights(types)}
            self.known[id(node)] = types, weights
        return self.known[id(node)]

    def _step(self, step: PlacedOperator, node: Node) -> dict[int, str]:
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
        return dict(enumerate(names))


def _check_sizes(type_: TensorType, span: Span) -> None:
    try:
        refuse_beyond(type_.shape)
    except BeyondInt64 as beyond:
        raise NetlangError(IntegerTooLarge(span=span, number=beyond.number)) from None
