"""The weights that a net owns, by key, and the operators that own them.

On exit, weights are in the order of PyTorch's ``state_dict`` and each key occurs once; a step that
reuses another one's weights adds none, and a tied weight is one tensor with several keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from netlang.ir.op import Op
from netlang.ir.program import Function, Program
from netlang.ir.types import Types
from netlang.ir.weights import Weight
from netlang.records import Record

__all__ = ["Owned", "join", "owned", "placed"]

Weights: TypeAlias = tuple[Weight, ...]
Tensors: TypeAlias = Callable[[Op, Types], Weights]


class Owned(Record):
    """One tensor of the net, or a further key of the tensor `tied`.

    An auxiliary one exists only in training.
    """

    key: str
    weight: Weight
    op: Op
    inputs: Types
    auxiliary: bool
    tied: str | None = None

    @property
    def trained(self) -> bool:
        """Whether it is a parameter that training may change."""
        return self.weight.trainable and not self.weight.buffer


def owned(program: Program, *, ties: bool = False) -> Iterator[Owned]:
    """Every weight of `program`, including auxiliary heads; with `ties`, for every key."""
    return (each for each in placed(program, _weights) if ties or each.tied is None)


def placed(program: Program, tensors: Tensors) -> Iterator[Owned]:
    """What `tensors` gives for each operator, by key, including auxiliary heads."""
    return _function(program.net, "", False, {}, tensors)


def _weights(op: Op, inputs: Types) -> Weights:
    return op.weights(inputs)


def _function(
    function: Function, prefix: str, auxiliary: bool, known: dict[int, tuple[Types, Weights]],
    tensors: Tensors,
) -> Iterator[Owned]:  # fmt: skip
    """The tensors of an instance of `function`.

    `known` caches results for nodes, by identity, since all instances share them.
    """
    for node in function.nodes:
        if node.reuses:
            continue
        path, extra = prefix + node.module, auxiliary or node.auxiliary
        if isinstance(node.callee, Function):
            yield from _function(node.callee, f"{path}.", extra, known, tensors)
            continue
        found = known.get(id(node))
        if found is None:
            inputs = function.input_types(node)
            found = known[id(node)] = inputs, tensors(node.callee, inputs)
        inputs, weights = found
        if not weights:
            continue
        tied = {tie.name: join(prefix + tie.module, tie.weight) for tie in node.tied}
        for weight in weights:
            key = join(path, weight.name)
            yield Owned(key, weight, node.callee, inputs, extra, tied.get(weight.name))


def join(module: str, name: str) -> str:
    """The key of weight `name` of the step at `module`."""
    return f"{module}.{name}" if name else module
