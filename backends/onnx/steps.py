"""Lowers the steps of a flat net, in order, each in its own type of floats.

On exit, every step was lowered exactly once, and `Flat.outputs` names the value of each output. A
value that is read in another type than it has passes a Cast once for each type, which stands before
its first reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from netlang.backends.onnx.diagnostics import IntegerTooLarge, OperatorUnsupported
from netlang.backends.onnx.emitter import Emitter, PlacedOperator, rounded
from netlang.backends.onnx.ends.interface import Interface
from netlang.backends.onnx.graph import BeyondInt64, Graph, Operation, refuse_beyond
from netlang.backends.onnx.lowering import UNSUPPORTED
from netlang.backends.onnx.lowering.one_example import lower_step
from netlang.backends.onnx.sizes import SizeNodes
from netlang.backends.onnx.types import element_type
from netlang.backends.weights import join
from netlang.diagnostics.errors import InternalError, NetlangError
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Ref
from netlang.ir.types import DType, TensorType, Types
from netlang.passes.narrow import Narrowing
from netlang.records import replace
from netlang.source import Span

__all__ = ["NO_NARROWING", "Flat", "lowered_steps"]

NO_NARROWING = Narrowing(DType.FLOAT32, {})
"""Every step computes in the net's own type."""


@dataclass(frozen=True, eq=False)
class Flat:
    """The graph, the types of the steps' values, and the value of every output."""

    graph: Graph
    types: dict[str, TensorType] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    makers: dict[str, int] = field(default_factory=dict)
    """The number of the step that each value was made for; the names of nodes are among them."""
    interface: Interface | None = None
    """What the file declares, unless that is the net's own inputs and outputs."""


def lowered_steps(net: Function, graph: Graph, narrowing: Narrowing = NO_NARROWING) -> Flat:
    """Lower the steps of a flat net into `graph`, which may have what makes its inputs."""
    flat = Flat(graph)
    for port in net.inputs:
        _check_sizes(port.type, net.span)
    steps = _Steps(flat, SizeNodes(graph, net.inputs), narrowing, net)
    for index, port in enumerate(net.inputs):
        steps.values[Ref(INPUT, index)] = port.name
    for number, node in enumerate(net.nodes):
        made = len(graph.operations)
        names = steps.lowered(number, node)
        for index, name in enumerate(names):
            steps.values[Ref(number, index)] = name
        for operation in graph.operations[made:]:
            for name in operation.outputs:
                flat.makers[name] = number
        for name in names:
            if name in graph.weights:
                flat.makers[name] = number
    for output in net.outputs:
        own = narrowing.of(INPUT, net.type_of(output.ref).dtype)
        flat.outputs[output.name] = steps.value(output.ref, own)
    return flat


@dataclass(frozen=True, eq=False)
class _Steps:
    """Lowers one step after the other; `values` are those of the steps so far."""

    flat: Flat
    sizes: SizeNodes
    narrowing: Narrowing
    net: Function
    values: dict[Ref, str] = field(default_factory=dict)
    _cast: dict[tuple[str, DType], str] = field(default_factory=dict)

    def value(self, ref: Ref, wanted: DType) -> str:
        """The name of a value as floats of a type."""
        name = self.values[ref]
        if not self.narrowing.changes:
            return name
        if self.narrowing.of(ref.producer, self.net.type_of(ref).dtype) is wanted:
            return name
        if (name, wanted) not in self._cast:
            made = f"{name}/{wanted.value}"
            attributes = {"to": element_type(wanted)}
            (cast,) = self.flat.graph.add(Operation("Cast", made, (name,), (made,), attributes))
            self._cast[name, wanted] = cast
        return self._cast[name, wanted]

    def lowered(self, number: int, node: Node) -> tuple[str, ...]:
        """Lower step `number`; returns the names of its values."""
        op = node.callee
        assert isinstance(op, Op)
        read = self.net.input_types(node)
        types = self._own(number, read)
        inputs = [
            self.value(ref, type_.dtype) for ref, type_ in zip(node.inputs, types, strict=True)
        ]
        own = len(inputs) - len(op.given)
        keys = dict(zip(op.given, inputs[own:], strict=True))
        keys.update({tie.name: join(tie.module, tie.weight) for tie in node.tied})
        weights = {weight.name: weight for weight in op.weights(read)}
        narrow = self.narrowing.floats if self._is_narrow(number) else None
        step = PlacedOperator(
            node.path, node.module, op, tuple(inputs[:own]), types[:own],
            self._own(number, node.types), weights, keys, narrow, self.narrowing.rounded,
        )  # fmt: skip
        names = self._step(step, node)
        if narrow is None or not self.narrowing.rounded:
            return names
        pairs = zip(names, node.types, strict=True)
        return tuple([self._rounded(name, type_.dtype) for name, type_ in pairs])

    def _is_narrow(self, number: int) -> bool:
        narrowing = self.narrowing
        return narrowing.floats is not DType.FLOAT32 and narrowing.is_narrow(number)

    def _rounded(self, name: str, dtype: DType) -> str:
        """A value of float32, rounded to the narrow type."""
        if dtype is not DType.FLOAT32 or name in self.flat.graph.weights:
            return name
        return rounded(name, self.narrowing.floats, self.flat.graph)

    def _own(self, number: int, types: Types) -> Types:
        """The types with those of floats in which a step computes."""
        if not self.narrowing.changes:
            return types
        found = [self.narrowing.of(number, type_.dtype) for type_ in types]
        if found == [type_.dtype for type_ in types]:
            return types
        pairs = zip(types, found, strict=True)
        return tuple([replace(type_, dtype=dtype) for type_, dtype in pairs])

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
