"""A net written out: each value and the values it is made from, inside calls too."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.analysis.fields.reads import TooLong
from netlang.analysis.fields.rules.places import aligned, along
from netlang.analysis.fields.rules.taps import Number
from netlang.diagnostics.errors import InternalError
from netlang.ir.program import INPUT, Function, Item, Node, Ref, Repeat
from netlang.ir.reach import (
    Aligned,
    Along,
    AtMost,
    Each,
    FromPool,
    InTurn,
    Joined,
    MappedAxes,
    NothingRead,
    Numbered,
    Pointwise,
    Reach,
    Rearranged,
    Same,
)
from netlang.ir.types import TensorType
from netlang.records import Record

__all__ = ["Derived", "WrittenNet", "written_out"]

MOST_STEPS = 3000


class Derived(Record):
    """A value, and what an element of it reads: places of each input, if nothing else."""

    reach: tuple[MappedAxes, ...] | Joined | Rearranged
    inputs: tuple[int, ...]


class WrittenNet(Record):
    """The shapes of all values, inputs first; the steps that make them; the net's outputs."""

    shapes: tuple[tuple[int, ...], ...]
    steps: dict[int, Derived]
    outputs: tuple[int, ...]


def written_out(net: Function, number: Number) -> WrittenNet:
    """All steps of a net. Raises `TooLong` for too many, or if values decide what is read."""
    writer = _Writer(number)
    inputs = [writer.value(port.type) for port in net.inputs]
    outputs = writer.function(net, inputs)
    return WrittenNet(tuple(writer.shapes), writer.steps, tuple(outputs))


def _count(item: Item) -> int:
    return item.count * item.size if isinstance(item, Repeat) else 1


class _Writer:
    def __init__(self, number: Number) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.steps: dict[int, Derived] = {}
        self._number = number
        self._pools: dict[int, tuple[object, ...]] = {}
        self._done = 0

    def value(self, type_: TensorType) -> int:
        self.shapes.append(tuple(map(self._number, type_.shape)))
        return len(self.shapes) - 1

    def function(self, function: Function, inputs: Sequence[int]) -> list[int]:
        """The outputs of a function."""
        self._done += sum(_count(item) for item in function.items)
        if self._done > MOST_STEPS:
            raise TooLong
        made: list[list[int]] = []

        def value_of(ref: Ref) -> int:
            return inputs[ref.output] if ref.producer == INPUT else made[ref.producer][ref.output]

        for node in function.nodes:
            made.append(self._node(function, node, [value_of(ref) for ref in node.inputs]))
        return [value_of(output.ref) for output in function.outputs]

    def _node(self, function: Function, node: Node, inputs: list[int]) -> list[int]:
        if isinstance(node.callee, Function):
            return self.function(node.callee, inputs)
        types = function.input_types(node)
        # Weights that are values have no batch axis: they read nothing of the net's inputs.
        own = inputs[: len(inputs) - len(node.callee.given)]
        return [
            self._output(node.callee.reach(types, number), own, type_)
            for number, type_ in enumerate(node.types)
        ]

    def _output(self, reach: Reach, inputs: list[int], type_: TensorType) -> int:
        if isinstance(reach, Pointwise):
            return inputs[0]
        if isinstance(reach, InTurn):
            for each, between in reach.steps:
                inputs = [self._output(each, inputs, between)]
            return inputs[0]
        made = self.value(type_)
        if isinstance(reach, Numbered):
            self._pools[made] = reach.pool
        if not isinstance(reach, NothingRead):
            self.steps[made] = Derived(self._rule(reach, inputs, made), tuple(inputs))
        return made

    def _rule(
        self, reach: Reach, inputs: Sequence[int], made: int
    ) -> tuple[MappedAxes, ...] | Joined | Rearranged:
        if isinstance(reach, AtMost):
            raise TooLong
        if isinstance(reach, FromPool) and self._pools.get(inputs[1]) != reach.pool:
            raise TooLong
        if isinstance(reach, (Joined, Rearranged)):
            return reach
        rank = len(self.shapes[made])
        if isinstance(reach, Aligned):
            return tuple([aligned(self.shapes[value], self.shapes[made]) for value in inputs])
        if isinstance(reach, Each):
            return tuple([_by_places(each, rank) for each in reach.inputs])
        if isinstance(reach, FromPool):
            return (_by_places(Along(reach.rules), rank),) * 2
        if isinstance(reach, Numbered):
            return (_by_places(Along(reach.rules), rank),)
        if isinstance(reach, (Along, MappedAxes, Pointwise)):
            return (_by_places(reach, rank),)
        raise InternalError(f"no receptive field for the rule {type(reach).__name__}")


def _by_places(reach: Along | MappedAxes | Pointwise, rank: int) -> MappedAxes:
    if isinstance(reach, MappedAxes):
        return reach
    return along(reach.rules if isinstance(reach, Along) else (Same(),) * rank, rank)
