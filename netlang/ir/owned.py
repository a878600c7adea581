"""The weights that a net owns, by key, and the operators that own them.

Holds on exit: weights come in the order of PyTorch's ``state_dict``, each key once; a step that
reuses another one's weights adds none.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlang.ir.op import Op
from netlang.ir.program import Function, Program
from netlang.ir.types import Types
from netlang.ir.weights import Weight
from netlang.records import Record

__all__ = ["Owned", "join", "owned"]


class Owned(Record):
    """One tensor of the net; an auxiliary one exists in training only."""

    key: str
    weight: Weight
    op: Op
    inputs: Types
    auxiliary: bool

    @property
    def trained(self) -> bool:
        """Whether it is a parameter that training may change."""
        return self.weight.trainable and not self.weight.buffer


def owned(program: Program) -> Iterator[Owned]:
    """Every weight of `program`, auxiliary heads included."""
    return _function(program.net, "", False)


def _function(function: Function, prefix: str, auxiliary: bool) -> Iterator[Owned]:
    for node in function.nodes:
        if node.reuses:
            continue
        path, extra = prefix + node.module, auxiliary or node.auxiliary
        if isinstance(node.callee, Op):
            inputs = function.input_types(node)
            for weight in node.callee.weights(inputs):
                yield Owned(join(path, weight.name), weight, node.callee, inputs, extra)
        else:
            yield from _function(node.callee, f"{path}.", extra)


def join(module: str, name: str) -> str:
    """The key of weight `name` of the step at `module`."""
    return f"{module}.{name}" if name else module
