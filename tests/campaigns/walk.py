"""The operators of a deployed program one by one, and which of them feed which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Program, Ref
from netlang.ir.types import Types

__all__ = ["Applied", "alone", "applied"]


@dataclass(frozen=True)
class Applied:
    """One application of an operator: whose weights it has, what it reads and gives.

    `producers` are the names of the operators that its inputs come from; inputs of the net have
    none.
    """

    module: str
    op: Op
    inputs: Types
    outputs: Types
    producers: tuple[str, ...]


def alone(op: Op, inputs: Types) -> tuple[Applied, ...]:
    """An operator by itself."""
    return (Applied("", op, inputs, op.infer(inputs).outputs, ()),)


def applied(program: Program) -> tuple[Applied, ...]:
    """Every application in the deployed net, in order."""
    found: list[Applied] = []
    made: dict[int, str | None] = dict.fromkeys(range(len(program.net.inputs)))
    _function(program.net, "", made, found)
    return tuple(found)


def _function(
    function: Function, prefix: str, entry: Mapping[int, str | None], found: list[Applied]
) -> dict[int, str | None]:
    """Who made each output of the function, given who made each input."""
    made = {Ref(INPUT, index): producer for index, producer in entry.items()}
    for number, node in enumerate(function.nodes):
        if node.auxiliary:
            continue
        inputs = {index: made[ref] for index, ref in enumerate(node.inputs)}
        for index, producer in _node(function, node, prefix, inputs, found):
            made[Ref(number, index)] = producer
    outputs = enumerate(function.outputs)
    return {index: made[output.ref] for index, output in outputs if not output.auxiliary}


def _node(
    function: Function,
    node: Node,
    prefix: str,
    inputs: Mapping[int, str | None],
    found: list[Applied],
) -> Iterator[tuple[int, str | None]]:
    owner = prefix + node.module
    if isinstance(node.callee, Function):
        yield from _function(node.callee, f"{owner}.", inputs, found).items()
        return
    producers = tuple(producer for producer in inputs.values() if producer)
    types = function.input_types(node)
    found.append(Applied(owner, node.callee, types, node.types, producers))
    for index in range(len(node.types)):
        yield index, node.callee.name
