"""What a call gives to its callee, in terms of the caller.

A function is shared by all calls with equal arguments, so the arguments that it remembers are told
in the terms of the call that came first. What a call made of the callee's output types is told in
its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from netlang.ir.program import Function, Node
from netlang.ir.provenance import ParameterOrigin, Traced, origin_of

__all__ = ["arguments_of", "scalar"]


def arguments_of(node: Node) -> Mapping[str, object]:
    """The arguments of a call of a function."""
    assert isinstance(node.callee, Function)
    return {
        name: _revealed(node, node.callee, name, value)
        for name, value in node.callee.arguments.items()
    }


def _revealed(node: Node, callee: Function, name: str, value: object) -> object:
    """An argument, with the origin that an output size of the same number shows."""
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    for inner, outer in zip(callee.output_types, node.types, strict=True):
        for size, seen in zip(inner.shape, outer.shape, strict=True):
            if origin_of(size) == ParameterOrigin(name) and isinstance(seen, int):
                return seen
    return value


def scalar(value: object) -> int | float | None:
    """A value as a number: itself, or the one that all items of a tuple are (``3x3``)."""
    if isinstance(value, tuple) and value and all(item == value[0] for item in value):
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, Traced | float) else int(value)
