"""Replaces calls by the steps of the called block, under the call's path."""

from __future__ import annotations

from collections.abc import Collection

from netlang.backends.torch.rewrite.terms import op_in, value_in
from netlang.ir.numbers.retracing import Retracing
from netlang.ir.program import INPUT, Function, Node, Ref
from netlang.records import replace

__all__ = ["inlined"]


def inlined(function: Function, short: Collection[Function]) -> Function:
    """A function with the plain chains of `short` in place of their calls."""
    while any(_is_short(node, short) for node in function.nodes):
        function = _once(function, short)
    return function


def _is_short(node: Node, short: Collection[Function]) -> bool:
    return isinstance(node.callee, Function) and node.callee in short


def _once(function: Function, short: Collection[Function]) -> Function:
    nodes: list[Node] = []
    place: dict[Ref, Ref] = {}

    def moved(ref: Ref) -> Ref:
        return ref if ref.producer == INPUT else place[ref]

    for index, node in enumerate(function.nodes):
        inputs = tuple(moved(ref) for ref in node.inputs)
        if _is_short(node, short):
            nodes.extend(_steps(function, node, inputs[0], len(nodes)))
        else:
            nodes.append(replace(node, inputs=inputs))
        for output in range(len(node.types)):
            place[Ref(index, output)] = Ref(len(nodes) - 1, output)
    outputs = tuple(replace(output, ref=moved(output.ref)) for output in function.outputs)
    return replace(function, items=tuple(nodes), outputs=outputs)


def _steps(function: Function, call: Node, entry: Ref, start: int) -> list[Node]:
    """The steps of a plain chain in the caller's terms; the first becomes node `start`."""
    callee = call.callee
    assert isinstance(callee, Function)
    terms = Retracing(call.arguments, tuple(each.shape for each in function.input_types(call)))
    found = []
    for number, node in enumerate(callee.nodes):
        path = f"{call.path}.{node.path}"
        types = tuple(type_.with_shape(*map(terms.retrace, type_.shape)) for type_ in node.types)
        operator = node.callee
        if not isinstance(operator, Function):
            operator = op_in(operator, terms)
        before = Ref(start + number - 1) if number else entry
        given = {name: value_in(value, terms) for name, value in node.arguments.items()}
        found.append(Node(path, operator, (before,), types, node.span, path, call.auxiliary, given))
    return found
