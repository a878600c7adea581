"""Finds the norms that end residual branches; with zero factors there, branches start as zero.

A branch is an input of `add`. The one with the fewest layers of its own is the shortcut; the others
are what the net adds to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Program, Ref
from netlang.ops.drop_connect import DropConnect
from netlang.ops.dropout import Dropout, StochasticDepth
from netlang.ops.identity import Identity
from netlang.ops.merge import Add, Mul
from netlang.recipes.roles import LAYERS, NORMS
from netlang.records import Record

__all__ = ["last_norms"]

# What is 0 where its input is 0.
_KEEP_ZERO = (Identity, Dropout, DropConnect, StochasticDepth, Mul)


def last_norms(program: Program) -> tuple[str, ...]:
    """The paths of the norms that end a residual branch."""
    return tuple(dict.fromkeys(_of_function(_CalledFunction(program.net, "", None, None))))


@final
class _CalledFunction(Record):
    """One call of a function."""

    function: Function
    prefix: str
    call: Node | None
    parent: _CalledFunction | None

    def node(self, ref: Ref) -> Node:
        return self.function.nodes[ref.producer]

    def inside(self, node: Node) -> _CalledFunction:
        assert isinstance(node.callee, Function)
        return _CalledFunction(node.callee, f"{self.prefix}{node.module}.", node, self)


def _of_function(frame: _CalledFunction) -> Iterator[str]:
    for node in frame.function.nodes:
        if isinstance(node.callee, Function):
            yield from _of_function(frame.inside(node))
        elif isinstance(node.callee, Add):
            for branch in _branches(frame, node):
                norm = _ending(frame, branch)
                if norm is not None:
                    yield norm


def _branches(frame: _CalledFunction, add: Node) -> list[Ref]:
    """The inputs except the shortcut, which is the last of those with the fewest layers."""
    before = [_before(frame, ref) for ref in add.inputs]
    shared = set.intersection(*before)
    layers = [sum(_layers(frame.function.nodes[n]) for n in each - shared) for each in before]
    shortcut = max(n for n, count in enumerate(layers) if count == min(layers))
    return [ref for n, ref in enumerate(add.inputs) if n != shortcut]


def _before(frame: _CalledFunction, ref: Ref) -> set[int]:
    """The numbers of the nodes on which a value depends, within its function."""
    found: set[int] = set()
    todo = [ref]
    while todo:
        number = todo.pop().producer
        if number != INPUT and number not in found:
            found.add(number)
            todo.extend(frame.function.nodes[number].inputs)
    return found


def _layers(node: Node) -> int:
    if isinstance(node.callee, Op):
        return int(isinstance(node.callee, LAYERS))
    return sum(map(_layers, node.callee.nodes))


def _ending(frame: _CalledFunction, ref: Ref) -> str | None:
    """The norm that makes a value, if only zero-preserving steps come after it."""
    if ref.producer == INPUT:
        if frame.parent is None or frame.call is None:
            return None
        return _ending(frame.parent, frame.call.inputs[ref.output])
    node = frame.node(ref)
    if isinstance(node.callee, Function):
        return _ending(frame.inside(node), node.callee.outputs[ref.output].ref)
    if isinstance(node.callee, NORMS):
        owned = node.callee.weights(frame.function.input_types(node))
        has_factors = any(weight.name == "weight" for weight in owned)
        return f"{frame.prefix}{node.module}" if has_factors else None
    if isinstance(node.callee, _KEEP_ZERO):
        found = (_ending(frame, each) for each in node.inputs)
        return next((norm for norm in found if norm is not None), None)
    return None
