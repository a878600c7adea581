"""Replaces calls by the steps of the called block, under the call's path."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from netlang.ir.dims import Dim
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Ref
from netlang.ir.provenance import Traced, retrace
from netlang.records import names_of, replace

__all__ = ["inlined"]

Sizes = tuple[tuple[Dim, ...], ...]


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
    arguments = call.arguments
    sizes = tuple(type_.shape for type_ in function.input_types(call))
    found = []
    for number, node in enumerate(callee.nodes):
        path = f"{call.path}.{node.path}"
        types = tuple(
            type_.with_shape(*(retrace(size, arguments, sizes) for size in type_.shape))
            for type_ in node.types
        )
        operator = node.callee
        if not isinstance(operator, Function):
            operator = _in_terms(operator, arguments, sizes)
        before = Ref(start + number - 1) if number else entry
        given = {
            name: _in_callers_terms(value, arguments, sizes)
            for name, value in node.arguments.items()
        }
        found.append(Node(path, operator, (before,), types, node.span, path, call.auxiliary, given))
    return found


def _in_terms(op: Op, arguments: Mapping[str, object], sizes: Sizes) -> Op:
    """An operator whose numbers are expressed in the caller's terms."""
    changes = {
        name: traced
        for name in names_of(op)
        if (traced := _in_callers_terms(value := getattr(op, name), arguments, sizes)) is not value
    }
    return replace(op, **changes) if changes else op


def _in_callers_terms(value: object, arguments: Mapping[str, object], sizes: Sizes) -> object:
    if isinstance(value, Traced):
        return retrace(value, arguments, sizes)
    if isinstance(value, tuple):
        items = tuple(_in_callers_terms(item, arguments, sizes) for item in value)
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value
