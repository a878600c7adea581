"""Merges the transposes of a flat graph.

Consecutive ones come together where a layer norm along the channels, which ONNX can't express,
stands beside a `transpose` of the spec. Needs: a graph in order. Ensures: no Transpose reads one
that nothing else reads, or a weight that nothing else reads, and none keeps the order of the axes
but one that makes an output.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from netlang.backends.onnx.graph import Operation, Turned
from netlang.backends.onnx.steps import Flat
from netlang.records import replace as replace_fields

__all__ = ["merge_transposes"]


def merge_transposes(flat: Flat) -> None:
    """Change the operations of `flat`; the values of its outputs keep their names.

    Weights are stored as they are read: `Graph.turned` says which ones.
    """
    _merge_consecutive(flat)
    _turn_weights(flat)


def _merge_consecutive(flat: Flat) -> None:
    kept: list[Operation] = []
    # What a value that is left out was equal to.
    instead: dict[str, str] = {}
    made: dict[str, Operation] = {}
    outputs = set(flat.outputs.values())
    for operation in flat.graph.operations:
        changed = _reading(operation, instead)
        if changed.kind == "Transpose":
            changed = _merged(changed, made)
            (value,) = changed.outputs
            order = _order(changed)
            if order == sorted(order) and value not in outputs:
                instead[value] = changed.inputs[0]
                continue
            made[value] = changed
        kept.append(changed)
    flat.graph.operations[:] = _read(kept, outputs)


def _reading(operation: Operation, instead: dict[str, str]) -> Operation:
    """An operation that reads other values `instead` of some."""
    inputs = tuple([instead.get(name, name) for name in operation.inputs])
    return operation if inputs == operation.inputs else replace(operation, inputs=inputs)


def _order(transpose: Operation) -> list[int]:
    return [int(axis) for axis in cast("Sequence[int]", transpose.attributes["perm"])]


def _merged(transpose: Operation, made: dict[str, Operation]) -> Operation:
    """A transpose of what the transpose before it reads."""
    before = made.get(transpose.inputs[0])
    if before is None:
        return transpose
    first, second = _order(before), _order(transpose)
    return replace(
        transpose, inputs=before.inputs, attributes={"perm": [first[axis] for axis in second]}
    )


def _read(operations: list[Operation], outputs: set[str]) -> list[Operation]:
    """The operations without transposes that nothing reads any more."""
    readers = Counter(name for operation in operations for name in operation.inputs)
    kept = []
    for operation in reversed(operations):
        value = operation.outputs[0]
        if operation.kind == "Transpose" and value not in outputs and not readers[value]:
            readers.subtract(operation.inputs)
        else:
            kept.append(operation)
    return kept[::-1]


def _turn_weights(flat: Flat) -> None:
    """Store weights transposed that nothing reads in another order."""
    graph, outputs = flat.graph, set(flat.outputs.values())
    orders = _orders_read(graph.operations)
    instead: dict[str, str] = {}
    names: dict[str, str] = {}
    kept = []
    for operation in graph.operations:
        key = operation.inputs[0] if operation.kind == "Transpose" else ""
        value, wanted = operation.outputs[0], orders.get(key)
        if key not in graph.weights or wanted is None or outputs & {key, value}:
            kept.append(_reading(operation, instead))
            continue
        instead[value] = names.setdefault(key, value)
        graph.turned[names[key]] = Turned(key, wanted)
    for key, name in names.items():
        weight = graph.weights.pop(key)
        shape = tuple([weight.shape[axis] for axis in graph.turned[name].order])
        graph.weights[name] = replace_fields(weight, shape=shape)
    graph.operations[:] = kept


def _orders_read(operations: list[Operation]) -> dict[str, tuple[int, ...] | None]:
    """The one order in which Transpose nodes read a value; None where anything else reads it."""
    found: dict[str, tuple[int, ...] | None] = {}
    for operation in operations:
        order = tuple(_order(operation)) if operation.kind == "Transpose" else None
        for name in operation.inputs:
            found[name] = order if found.setdefault(name, order) == order else None
    return found
